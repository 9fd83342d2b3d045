"""A site that forgot to include ours."""

urlpatterns: list[object] = []
