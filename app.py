"""The front end: `streamlit run app.py -- [SNAPSHOT]`. Everything is in `valuekit.dashboard`."""

from valuekit.dashboard import main

main()
