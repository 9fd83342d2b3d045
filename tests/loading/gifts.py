"""A gift shop of one's own in three CSV files."""

from __future__ import annotations

import gzip
from pathlib import Path

PRODUCTS = """\
StockCode,name,price,first_sold
10001,RED SPOTTY LUNCH BAG,1.65,2010-12-01
10002,"SET/6 T-LIGHTS,SANTA",2.95,2010-12-02
10003,HEART MUG W/ GIFT BOX,2.495,2010-12-03
10004,HEART MUG W/ GIFT BOX,2.10,2010-12-03
10005,WIBBLE,0.85,2010-12-03
10006,Next Day Carriage,15.00,2010-12-03
POST,POSTAGE,18.00,2010-12-03
"""
ORDERS = """\
InvoiceNo,date,customer,country
500001,2010-12-01 08:26,17850,United Kingdom
500002,2011-06-30 12:00,,France
500003,2011-10-31 17:13,17850,United Kingdom
500004,2011-10-31 18:00,12346,United Kingdom
"""
LINES = """\
InvoiceNo,StockCode,qty,price
500001,10001,10,1.65
500001,10003,2,2.50
500001,POST,1,18.00
500002,10002,1,2.95
500002,10005,-1,0.85
500002,10001,1,0
500003,10004,3,2.10
500003,10006,1,15.00
500004,10001,74215,1.04
"""


def write_folder(folder: Path, products: str = PRODUCTS, orders: str = ORDERS, lines: str = LINES) -> Path:
    (folder / "products.csv").write_text(products, encoding="utf-8")
    with gzip.open(folder / "orders.csv.gz", "wt", encoding="utf-8") as file:
        file.write(orders)
    with gzip.open(folder / "order_lines.csv.gz", "wt", encoding="utf-8") as file:
        file.write(lines)
    return folder
