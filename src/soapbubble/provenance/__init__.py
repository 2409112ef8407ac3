"""How a result says where it comes from, and how one finds out whether that is still true."""
