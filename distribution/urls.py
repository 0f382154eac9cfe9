"""Pages of distribution, the sign-in and the landing page."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path, register_converter

from distribution.converters import DayConverter
from distribution.views import huddles
from distribution.views.alerts import alerts, hours, open_alert, reading
from distribution.views.digests import branch, digest, paper, signed_digest, today
from distribution.views.landing import landing
from distribution.views.library.reading import acknowledging, entry_page, library, readers
from distribution.views.library.writing import (
    choosing,
    featuring,
    publishing,
    quotes,
    rewrite,
    tell,
    withdrawing,
)
from distribution.views.regions import region, regions
from distribution.views.signing_in import SignIn
from distribution.views.streams import praise_read, stream
from distribution.views.subscriptions import discard, keep, mail, step, stop, subscriptions
from distribution.views.talks import my_talks, people, person, remark
from distribution.views.thanks import pass_on

register_converter(DayConverter, "day")

urlpatterns: list[URLPattern | URLResolver] = [
    path("", landing, name="landing"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("alerts/", alerts, name="alerts"),
    path("alerts/hours/", hours, name="alert_hours"),
    path("alerts/reading", reading, name="alerts_reading"),
    path("alerts/<uuid:ticket>/", open_alert, name="open_alert"),
    path("subscriptions/", subscriptions, name="subscriptions"),
    path("subscriptions/keep/<slug:page>/", keep, name="keep_view"),
    path("subscriptions/views/<int:pk>/mail/", mail, name="mail_view"),
    path("subscriptions/views/<int:pk>/discard", discard, name="discard_view"),
    path("subscriptions/stop/<str:token>/", stop, name="subscription_stop"),
    path("subscriptions/<uuid:public_id>/pause", step, {"verb": "pause"}, name="subscription_pause"),
    path("subscriptions/<uuid:public_id>/resume", step, {"verb": "resume"}, name="subscription_resume"),
    path("subscriptions/<uuid:public_id>/end", step, {"verb": "end"}, name="subscription_end"),
    path("digest/", today, name="today"),
    path("digest/<path:unit>/<day:day>/", digest, name="digest"),
    path("digest/<path:unit>/<day:day>/paper/", paper, name="paper"),
    path("digest/<path:unit>/", branch, name="branch"),
    path("library/", library, name="library"),
    path("library/quotes/", quotes, name="library_quotes"),
    path("library/quotes/<uuid:public_id>", choosing, name="library_choosing"),
    path("library/stories/<slug:kind>/<uuid:public_id>/", tell, name="library_story"),
    path("library/<uuid:public_id>/", entry_page, name="library_entry"),
    path("library/<uuid:public_id>/draft/", rewrite, name="library_draft"),
    path("library/<uuid:public_id>/readers/", readers, name="library_readers"),
    path("library/<uuid:public_id>/publication", publishing, name="library_publication"),
    path("library/<uuid:public_id>/withdrawal", withdrawing, name="library_withdrawal"),
    path("library/<uuid:public_id>/featuring", featuring, name="library_featuring"),
    path("library/<uuid:public_id>/acknowledgement", acknowledging, name="library_acknowledgement"),
    path("huddle/", huddles.huddles, name="huddles"),
    path("huddle/actions/<uuid:public_id>/settlement", huddles.settlement, name="huddle_settlement"),
    path("huddle/<path:unit>/<day:day>/attendance", huddles.attendance, name="huddle_attendance"),
    path("huddle/<path:unit>/<day:day>/agreements", huddles.agreement, name="huddle_agreements"),
    path("huddle/<path:unit>/<day:day>/elevations", huddles.elevation, name="huddle_elevations"),
    path("huddle/<path:unit>/<day:day>/closure", huddles.closure, name="huddle_closure"),
    path("huddle/<path:unit>/<day:day>/", huddles.huddle, name="huddle"),
    path("huddle/<path:unit>/opening", huddles.opening, name="huddle_opening"),
    path("huddle/<path:unit>/plan", huddles.planning, name="huddle_plan"),
    path("huddle/<path:unit>/", huddles.team, name="team_huddles"),
    path("read/<path:unit>/<day:day>/<str:token>/", signed_digest, name="signed_digest"),
    path("region/", regions, name="regions"),
    path("region/<path:unit>/", region, name="region"),
    path("stream/", stream, name="stream"),
    path("stream/reading", praise_read, name="praise_read"),
    path("stream/thanks", pass_on, name="pass_on"),
    path("stream/talks/", my_talks, name="my_talks"),
    path("stream/talks/<uuid:talk>/remarks", remark, name="talk_remark"),
    path("stream/people/", people, name="people"),
    path("stream/people/<path:who>/", person, name="person"),
]
