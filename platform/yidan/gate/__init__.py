"""The gate (智能闸口): captures, decisions, the barrier, the equipment interchange receipt."""
