"""Simple geometric drawings, one function each: (palette, seeded random numbers) → SVG.

Every drawing is centred on (0, 0) and about 240 units wide and high.
"""
