"""What runs beside the core. Nothing here decides who produces."""
