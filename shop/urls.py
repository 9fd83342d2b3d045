"""All addresses of the site; the shop's own are named `shop:…`."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path, reverse_lazy

from shop.views import account, cart, catalogue, checkout, product

shop_patterns = [
    path("", catalogue.home, name="home"),
    path("products/", catalogue.products, name="products"),
    path("category/<int:pk>/<slug:slug>/", catalogue.category, name="category"),
    path("search/", catalogue.search, name="search"),
    path("product/<int:pk>/<slug:slug>/", product.product, name="product"),
    path("product/<int:pk>/review", product.review, name="review"),
    path("product/<int:pk>/wish", product.wish, name="wish"),
    path("tiles/<int:pk>.svg", product.tile, name="tile"),
    path("tiles/category/<int:pk>.svg", product.category_picture, name="category_tile"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/<int:pk>/update/", cart.update, name="cart_update"),
    path("cart/<int:pk>/remove/", cart.remove, name="cart_remove"),
    path("cart/coupon/", cart.coupon, name="cart_coupon"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/complete/<str:number>/", checkout.order_complete, name="order_complete"),
    path("account/", account.account, name="account"),
    path("account/orders/", account.order_history, name="orders"),
    path("account/orders/<str:number>/", account.order, name="order"),
    path("account/orders/<str:number>/cancel/", account.cancel_order, name="order_cancel"),
    path("account/wishlist/", account.wishlist, name="wishlist"),
    path("account/register/", account.register, name="register"),
    path("account/login/", auth.LoginView.as_view(template_name="shop/login.html"), name="login"),
    path("account/logout/", auth.LogoutView.as_view(), name="logout"),
    path(
        "account/password/",
        auth.PasswordChangeView.as_view(
            template_name="shop/password.html", success_url=reverse_lazy("shop:account")
        ),
        name="password",
    ),
]

urlpatterns = [
    path("", include((shop_patterns, "shop"))),
    path("recommendations/", include("recommendations.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]

if find_spec("rest_framework") is not None:
    urlpatterns.append(path("api/", include("recommendations.api.urls")))
