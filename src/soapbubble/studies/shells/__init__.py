"""Where do vectors of independent uniform components end up?"""
