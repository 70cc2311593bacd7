"""What parties do with titles 控制权操作: keys and offices, instructions, looking."""
