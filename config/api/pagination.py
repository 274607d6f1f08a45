"""Cursor pages for lists; series are never paged."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages by primary key, newest first; the cursor survives rows that arrive meanwhile."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
