"""The browser's front door: `streamlit run app.py`.

The script that runs for every visitor is pages/main.py. It does not stand here, because Streamlit would take
the folder pages/ beside it for its own kind of pages, and show those first to whoever opens a link to one.
"""

import streamlit as st
from starlette.middleware import Middleware

from commands.ending import look_first
from pages.shared.server import FirstPage

look_first()
app = st.App("pages/main.py", middleware=[Middleware(FirstPage)])
