"""Colour schemes of the drawn tiles."""

from __future__ import annotations

from shop.motifs.pencil import Palette

#            ground     ground 2   main       second     accent     dark       light
_SCHEMES = """
peach        #fde8d7    #f9cfb0    #e8734a    #f3b46b    #3d8b85    #6b3a2e    #fff6ec
mint         #dcf2e6    #b5dfcb    #3f9a7c    #84c6a4    #f2a65a    #234d43    #f6fdf8
sky          #dcebfa    #b6d3f2    #4a86c8    #8fb9e6    #f5b04c    #27466b    #f5faff
lilac        #ebe3f8    #cfc0ec    #8266b8    #b59ddb    #f09a8c    #443267    #faf7ff
butter       #fdf2cc    #f7df94    #e0a02a    #f3c968    #c8553d    #6a4a17    #fffbec
rose         #fbe0e4    #f3bcc6    #d2556f    #ea95a6    #4f9a8a    #6b2638    #fff5f6
sage         #e6ecda    #c8d5b0    #7a9456    #aabf84    #d97f4e    #41502e    #fafcf4
teal         #d5eeee    #a6d8d9    #2f8f94    #73bfc2    #f28c6a    #184e53    #f2fcfc
sand         #f3e8da    #e2ccb0    #b98550    #d8ae7e    #5a87a0    #5c4026    #fdf8f1
coral        #fde3dc    #f8bfb2    #ea6a5a    #f49c8a    #3f7f9c    #6d2a25    #fff6f3
indigo       #e0e4f6    #bcc5ea    #5566b4    #929fd8    #f2b850    #2c3566    #f7f8fe
lime         #eef4d2    #d6e59c    #93a92f    #bcca66    #cf5f73    #4c571a    #fbfdf0
plum         #f1dff0    #dfb9dc    #9c4f96    #c68dc1    #5aa58a    #4f254c    #fdf6fc
slate        #e3eaee    #c2d0d8    #5c7c8c    #98b1bd    #e99a4a    #2d424d    #f7fafb
"""

PALETTES: tuple[Palette, ...] = tuple(Palette(*row.split()[1:]) for row in _SCHEMES.strip().splitlines())
