from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from shop.models import Customer, Review


class QuantityForm(forms.Form):
    quantity = forms.IntegerField(min_value=0, max_value=999)


class ReviewForm(forms.ModelForm):
    rating = forms.TypedChoiceField(
        label=_("Rating"),
        coerce=int,
        choices=[(stars, f"{'★' * stars} {stars}") for stars in range(5, 0, -1)],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one to five stars.")},
    )

    class Meta:
        model = Review
        fields = ("rating", "title", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        labels = {"title": _("Headline"), "text": _("Your review")}


class CheckoutForm(forms.Form):
    PAY_NOW, PAY_LATER = "now", "later"

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    full_name = forms.CharField(
        label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    street = forms.CharField(
        label=_("Street and number"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    postcode = forms.CharField(
        label=_("Postcode"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "postal-code"})
    )
    city = forms.CharField(
        label=_("City"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    payment = forms.ChoiceField(
        label=_("Payment"),
        initial=PAY_NOW,
        widget=forms.RadioSelect,
        choices=[
            (PAY_NOW, _("Pay now (this is a demonstration: nothing is charged)")),
            (PAY_LATER, _("Pay later by invoice")),
        ],
    )

    @property
    def ship_to(self) -> str:
        data = self.cleaned_data
        return f"{data['full_name']}\n{data['street']}\n{data['postcode']} {data['city']}"

    @property
    def pay_later(self) -> bool:
        return self.cleaned_data["payment"] == self.PAY_LATER


class RegistrationForm(UserCreationForm):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    class Meta:
        model = User
        fields = ("username", "email")

    def save(self, commit: bool = True) -> Any:
        user = super().save(commit=commit)
        if commit:
            Customer.objects.get_or_create(user=user)
        return user
