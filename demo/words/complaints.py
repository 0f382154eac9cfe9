"""How the three planted complaints about the new product sound; see `demo/truth/complaints.py`."""

from __future__ import annotations

Parts = dict[str, tuple[str, ...]]

COMPLAINTS: dict[str, dict[str, Parts]] = {
    "en": {
        "fee": {
            "open": ("The FlexiCard:", "Nobody warned me:", "I only found out later:"),
            "body": (
                "I was charged 4.90 a month for a {product} I was told was free",
                "there is a monthly fee on the {product} that appears on page eleven and nowhere else",
                "the fee for the {product} started after three months and I had no letter",
                "I cancelled the {product} because of the fee and it is still on my statement",
            ),
            "close": (
                "I want the fees back.",
                "Just tell people what it costs.",
                "This is not how you keep customers.",
            ),
        },
        "abroad": {
            "open": ("On holiday:", "Very embarrassing:", "About the card:"),
            "body": (
                "the {product} was declined abroad twice although there was money on it",
                "stood in a restaurant in Lisbon and the {product} was refused",
                "foreign payments are blocked on the {product} unless you find the switch in the app",
                "the hotel could not take the {product} and your helpline was closed at night",
            ),
            "close": ("Who tests these things?", "I had to borrow money from a stranger.", "Switch it on by default."),
        },
        "pin": {
            "open": ("Still waiting:", "Week three:", "A small thing, but"),
            "body": (
                "I still have no PIN for the {product} after three weeks",
                "the letter with the PIN for my {product} never arrived",
                "the {product} came by post, the code to activate it did not",
                "the app will not show the PIN of the {product} and the branch cannot either",
            ),
            "close": ("Please send it again.", "It lies in the drawer.", "How hard can it be?"),
        },
    },
    "fr": {
        "fee": {
            "open": ("La FlexiCard :", "Personne ne m'avait prévenue :", "Je l'ai découvert après coup :"),
            "body": (
                "on me prélève 4,90 € par mois pour une {product} annoncée gratuite",
                "les frais mensuels de la {product} sont page onze et nulle part ailleurs",
                "les frais de la {product} ont commencé au bout de trois mois, sans un courrier",
                "j'ai résilié la {product} à cause des frais et elle figure toujours sur mon relevé",
            ),
            "close": ("Je veux qu'on me rembourse les frais.", "Dites simplement ce que ça coûte."),
        },
        "abroad": {
            "open": ("En vacances :", "Très gênant :", "À propos de la carte :"),
            "body": (
                "ma {product} a été refusée deux fois à l'étranger alors que le compte était approvisionné",
                "au restaurant à Lisbonne, la {product} n'est pas passée",
                "les paiements à l'étranger sont bloqués sur la {product} si l'on ne trouve pas le réglage",
                "l'hôtel n'a pas pu débiter la {product} et votre assistance est fermée la nuit",
            ),
            "close": ("Qui teste cela ?", "J'ai dû emprunter de l'argent.", "Activez-les d'office."),
        },
        "pin": {
            "open": ("J'attends toujours :", "Troisième semaine :", "Un détail, mais"),
            "body": (
                "trois semaines après, toujours pas de code pour ma {product}",
                "le courrier avec le code de ma {product} n'est jamais arrivé",
                "la {product} est venue par la poste, le code pour l'activer non",
                "l'application n'affiche pas le code de la {product} et l'agence non plus",
            ),
            "close": ("Renvoyez-le, s'il vous plaît.", "Elle dort dans un tiroir."),
        },
    },
}
