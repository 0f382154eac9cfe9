"""What customers write: parts by language, by what the answer is about and by mood; `verbatim` puts them together.

Moods: bad (0-6), mixed (7-8), good (9-10). A part may name {wait}, {who}, {product} and {branch}.
"""

from __future__ import annotations

import random
from typing import Any

from demo.words.complaints import COMPLAINTS

Parts = dict[str, tuple[str, ...]]  # "open" may be left out, "body" says it, "close" may be left out

EN: dict[tuple[str, str], Parts] = {
    ("wait", "bad"): {
        "open": ("Honestly,", "Sorry to say this, but", "I don't like to complain, but", "Third time this month:", "Well,"),
        "body": (
            "I stood in the queue for {wait} minutes on my lunch break and had to leave before anyone was free",
            "{wait} minutes is too long to wait to pay in one cheque",
            "there was one counter open out of four and a line to the door",
            "nobody told us how long it would take; it took {wait} minutes",
            "I had an appointment and still waited {wait} minutes",
            "two people were chatting behind the desk while eleven of us stood there",
            "the machine was broken again, so everybody had to queue at the one desk",
            "I gave up after {wait} minutes and did it from home in the end",
            "my mother is 82 and there was not a single chair while she waited",
        ),
        "close": (
            "{branch} used to be better than this.", "Please put more people on at midday.", "I can't take another morning off for it.",
            "Once I got to the desk it was fine.", "Please do something about it.", "I am looking at other banks.",
        ),
    },
    ("people", "bad"): {
        "open": ("To be honest,", "I was upset:", "Not good enough.", "What bothered me:", "Put simply,"),
        "body": (
            "{who} kept looking at the screen and never once at me",
            "I was spoken to as if I had done something wrong by asking",
            "I asked three times what the charge was for and got three different answers",
            "I was promised a call back the same day and nobody rang",
            "nobody seemed to know who was responsible, I was sent from one desk to the next",
            "I felt rushed, and I left without understanding what I had signed",
            "{who} cut me short twice and then said the system would not let them",
            "I explained everything on the phone and had to explain it all again in the branch",
        ),
        "close": (
            "A little courtesy costs nothing.", "I would like someone to ring me about it.", "I expected better after nineteen years with you.",
            "My husband says we should move the account.", "I do not want to get anyone into trouble.", "It is not the first time.",
        ),
    },
    ("unresolved", "bad"): {
        "open": ("After all that,", "Still not sorted:", "Short version:", "I am no further:"),
        "body": (
            "I rang twice, came in once, and the payment is still missing",
            "I was told it would be fixed by Friday and it is not",
            "my question was passed to another department and that was the last I heard of it",
            "the call was cut off after {wait} minutes and I had to start from the beginning",
            "the form I was given was the wrong one, so I have to come back next week",
            "my standing order was changed to the wrong date and nobody can tell me why",
        ),
        "close": ("Can someone please just own it?", "I need it done before the end of the month.", "It should not be this hard.", "Please ring me."),
    },
    ("general", "bad"): {
        "body": (
            "Nothing terrible, I just would not send a friend there", "It was all right, nothing more", "You have become expensive and impersonal",
            "I miss the old opening hours", "Everything is an app now; I like to talk to a person",
            "Nothing against the people, but I can get the same elsewhere for less",
        ),
        "close": ("That is all.", "Sorry.", "You did ask."),
    },
    ("wait", "mixed"): {
        "body": (
            "Good advice, but {wait} minutes of waiting beforehand", "Friendly enough once it was my turn; the queue was long",
            "All fine apart from the wait", "Would be a 10 with one more person at the desk",
        ),
        "close": ("Otherwise no complaints.", "Saturday mornings are the worst."),
    },
    ("people", "mixed"): {
        "body": (
            "{who} was polite but seemed in a hurry", "Helpful in the end, though I had to ask twice", "Competent, a bit cool",
            "It was done correctly; it could have been explained better",
        ),
        "close": ("No real complaint.", "Fine on the whole."),
    },
    ("general", "mixed"): {
        "body": (
            "Does what it should", "Everything worked, nothing special", "Good branch, old-fashioned website", "Quite satisfied",
            "The parking is a nuisance, the bank is fine", "I never give a 10",
        ),
        "close": ("Thank you.", "Keep the branch open, please."),
    },
    ("people", "good"): {
        "open": ("Please tell {who}:", "Just to say:", "Credit where it is due:", "I was nervous, but"),
        "body": (
            "{who} took the time to explain everything twice without making me feel stupid",
            "{who} remembered me from last year and asked after my daughter",
            "{who} found a way to save us eighty a month and never tried to sell me anything",
            "I was treated like a person and not like a number",
            "{who} rang back exactly when promised and had done everything already",
            "{who} stayed after closing time to finish our papers",
            "after my husband died {who} did all the forms with me, and so kindly",
        ),
        "close": ("Wonderful.", "Give that person a rise.", "That is why I stay.", "I have told my sister to come to you.", "Thank you!"),
    },
    ("wait", "good"): {
        "body": (
            "In and out in five minutes", "No queue at all, and a smile", "Answered on the second ring and sorted at once",
            "I had expected to wait; I was seen straight away", "Quick, clear, done",
        ),
        "close": ("Perfect.", "Long may it last.", "If only everything were like this."),
    },
    ("general", "good"): {
        "body": (
            "Always a pleasure to come in", "Never had a problem in twelve years", "Clear advice on the {product} and no pressure",
            "Everything as promised", "The best bank I have been with", "Nice people, nice place",
            "The mortgage talk was the first one that I actually understood",
        ),
        "close": ("Carry on.", "Happy to recommend you.", "10 out of 10 🙂", "Thanks."),
    },
}  # fmt: skip

FR: dict[tuple[str, str], Parts] = {
    ("wait", "bad"): {
        "open": ("Franchement,", "Désolé de le dire, mais", "Je n'aime pas me plaindre, mais", "Encore une fois :", "Bref,"),
        "body": (
            "{wait} minutes d'attente pour déposer un chèque, c'est beaucoup trop",
            "un seul guichet ouvert sur trois et la file jusqu'à la porte",
            "j'avais rendez-vous et j'ai quand même attendu {wait} minutes",
            "personne ne nous a dit combien de temps il fallait patienter",
            "j'y suis allée pendant ma pause déjeuner et je suis repartie sans avoir vu personne",
            "l'automate était encore en panne, alors tout le monde faisait la queue au même guichet",
            "ma mère a 80 ans et il n'y avait même pas une chaise pour attendre",
            "deux conseillers discutaient entre eux pendant que nous étions dix à attendre",
        ),
        "close": (
            "Avant, à {branch}, c'était mieux.", "Mettez plus de monde à midi, s'il vous plaît.", "Une fois au guichet, tout s'est bien passé.",
            "Je regarde ailleurs.", "C'est dommage.", "Je ne peux pas reprendre une matinée pour ça.",
        ),
    },
    ("people", "bad"): {
        "open": ("Pour être honnête,", "J'ai été déçue :", "Ce qui m'a gêné :", "Pas à la hauteur :"),
        "body": (
            "{who} n'a pas levé les yeux de l'écran une seule fois",
            "on m'a parlé comme si je dérangeais",
            "j'ai posé trois fois la même question et reçu trois réponses différentes",
            "on devait me rappeler le jour même, j'attends toujours",
            "on m'a renvoyé d'un bureau à l'autre, personne n'était responsable",
            "je suis reparti sans avoir compris ce que j'avais signé",
            "j'ai tout expliqué au téléphone et il a fallu tout recommencer à l'agence",
        ),
        "close": (
            "Un peu de politesse ne coûte rien.", "J'aimerais que quelqu'un me rappelle.", "Après dix-neuf ans chez vous, j'espérais mieux.",
            "Ce n'est pas la première fois.", "Je ne veux pas causer d'ennuis à qui que ce soit.",
        ),
    },
    ("unresolved", "bad"): {
        "open": ("Après tout ça,", "Toujours rien :", "En résumé :", "Je n'en suis pas plus avancé :"),
        "body": (
            "deux appels, une visite, et le virement manque toujours",
            "on m'avait promis que ce serait réglé vendredi, ça ne l'est pas",
            "ma demande a été transmise à un autre service et depuis, plus de nouvelles",
            "la communication a été coupée au bout de {wait} minutes et j'ai dû tout reprendre à zéro",
            "le formulaire n'était pas le bon, il faut que je revienne la semaine prochaine",
        ),
        "close": ("Quelqu'un peut-il enfin s'en occuper ?", "Il me le faut avant la fin du mois.", "Rappelez-moi, s'il vous plaît."),
    },
    ("general", "bad"): {
        "body": (
            "Rien de grave, mais je n'enverrais pas un ami chez vous", "C'était correct, sans plus", "Vous êtes devenus chers et impersonnels",
            "Tout passe par l'application ; moi, j'aime parler à quelqu'un", "Les horaires d'autrefois me manquent",
        ),
        "close": ("Voilà.", "Vous me l'avez demandé."),
    },
    ("wait", "mixed"): {
        "body": (
            "Bon conseil, mais {wait} minutes d'attente avant", "Accueil aimable une fois mon tour arrivé ; la file était longue",
            "Très bien, à part l'attente",
        ),
        "close": ("Sinon rien à redire.", "Le samedi matin, c'est le pire."),
    },
    ("people", "mixed"): {
        "body": (
            "{who} a été poli mais semblait pressé", "Utile au bout du compte, mais j'ai dû insister", "Compétent, un peu froid",
            "C'était bien fait, mais mal expliqué",
        ),
        "close": ("Dans l'ensemble, ça va.",),
    },
    ("general", "mixed"): {
        "body": (
            "Ça fait ce que ça doit faire", "Rien à signaler", "Bonne agence, site un peu vieillot", "Plutôt satisfaite",
            "Le stationnement est pénible, la banque est bien", "Je ne mets jamais 10",
        ),
        "close": ("Merci.", "Gardez l'agence ouverte, s'il vous plaît."),
    },
    ("people", "good"): {
        "open": ("Dites-le à {who} :", "Un mot pour vous dire :", "J'étais inquiète, mais"),
        "body": (
            "{who} a tout expliqué deux fois, avec patience, sans me prendre de haut",
            "{who} se souvenait de moi et m'a demandé des nouvelles de ma fille",
            "{who} nous a fait économiser 80 € par mois sans rien chercher à vendre",
            "on m'a traitée comme une personne et non comme un numéro",
            "{who} a rappelé à l'heure dite et tout était déjà réglé",
            "après le décès de mon mari, {who} a rempli tous les papiers avec moi, avec beaucoup de délicatesse",
        ),
        "close": ("Merci !", "Bravo.", "C'est pour cela que je reste.", "J'ai conseillé l'agence à ma sœur."),
    },
    ("wait", "good"): {
        "body": (
            "Reçue tout de suite, avec le sourire", "Cinq minutes en tout et pour tout", "On a décroché à la deuxième sonnerie, c'était réglé aussitôt",
            "Rapide, clair, efficace",
        ),
        "close": ("Parfait.", "Pourvu que ça dure."),
    },
    ("general", "good"): {
        "body": (
            "Toujours un plaisir de passer à l'agence", "Douze ans sans le moindre problème", "Conseils clairs, aucune pression",
            "Tout s'est passé comme promis", "La meilleure banque que j'aie eue", "Le premier entretien de crédit que j'aie vraiment compris",
        ),
        "close": ("Continuez ainsi.", "Je vous recommande volontiers.", "Très bien 🙂"),
    },
}  # fmt: skip
LANGUAGES = {"en": EN, "fr": FR}


def mood_of(score: int) -> str:
    return "good" if score >= 9 else "mixed" if score >= 7 else "bad"


def verbatim(*, language: str, about: str, score: int, rng: random.Random, **slots: Any) -> str:
    """A comment as a customer would write it: one to three parts, sometimes careless about capitals and full stops."""
    parts = _parts(language, about, mood_of(score))
    opening = rng.choice(parts["open"]) if "open" in parts and rng.random() < 0.35 else ""
    closing = rng.choice(parts["close"]) if rng.random() < 0.5 else ""
    body = rng.choice(parts["body"]).format(**slots)
    sentence = f"{opening.format(**slots)} {body}".strip()
    if not opening or opening[-1] == ".":
        sentence = " ".join(part for part in (opening, body[:1].upper() + body[1:]) if part)
    return _hand(f"{sentence}. {closing.format(**slots)}".strip(), rng)


def _parts(language: str, about: str, mood: str) -> Parts:
    """What one can say; "product:fee" is a planted complaint, heard from everybody who is not content."""
    cause, _, complaint = about.partition(":")
    if complaint and mood != "good":
        return COMPLAINTS[language][complaint]
    book = LANGUAGES[language]
    return book.get((cause, mood)) or book["general", mood]


def _hand(text: str, rng: random.Random) -> str:
    """People type on telephones."""
    chance = rng.random()
    if chance < 0.08:
        return text.lower()
    if chance < 0.18:
        return text.rstrip(".")
    return text.replace(".", "!", 1) if chance < 0.22 else text
