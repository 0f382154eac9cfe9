"""Pages of crm."""

from django.urls import URLPattern, URLResolver, path

from crm.views.cards import card_page, outcome

urlpatterns: list[URLPattern | URLResolver] = [
    path("customers/<path:customer>/card/", card_page, name="customer_card"),
    path("customers/<path:customer>/card/outcomes/", outcome, name="customer_offer_outcome"),
]
