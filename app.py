"""The browser's front door: `streamlit run app.py`.

The script that runs for every visitor is pages/main.py. It does not stand here, because Streamlit would take
the folder pages/ beside it for its own kind of pages, and show those first to whoever opens a link to one.
"""

from commands.ending import look_first

look_first()  # before anything reads a variable that is wrong

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from pages.look import house_style  # noqa: E402
from pages.serving.gate import UploadGate  # noqa: E402
from pages.serving.server import FirstPage, ask_nobody, reading  # noqa: E402

look_first(house_style.apply)
ask_nobody()
app = st.App("pages/main.py", middleware=[Middleware(FirstPage), Middleware(UploadGate)], lifespan=reading)
