"""Day 2 of a cluster of block producers: who produces, switching, upgrades, backups."""
