"""From what an author writes to what students get: lessons -> solutions -> notebooks -> zip."""
