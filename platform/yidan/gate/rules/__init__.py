"""The rules of the gate: what a lane's readings mean, and the states of transactions."""
