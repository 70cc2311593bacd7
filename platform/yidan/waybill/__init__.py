"""One bill for the whole way (一单制): the waybill, its legs, boxes and seals."""
