"""The desktop window, the only Tk there is.

The models (rows, timeline_model, view_model, form_model) know no Tk; the views know no client.
"""

__all__: list[str] = []
