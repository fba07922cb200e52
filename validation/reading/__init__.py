"""How the cells of a file become typed rows with their lines; judges no value."""
