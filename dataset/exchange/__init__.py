"""Other people's data: read, converted by the crosswalks, compared with ours."""
