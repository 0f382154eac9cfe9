"""What managers of the bank write to customers once a matter is settled, and what some write back, in the languages of
the branches; by the cause that was found."""

from __future__ import annotations

OPENINGS: dict[str, tuple[str, ...]] = {
    "en": (
        "Thank you for taking the time on the telephone.",
        "It was good to talk to you.",
        "As I promised, here is what we have done since we spoke.",
    ),
    "fr": (
        "Merci du temps que vous m'avez accordé au téléphone.",
        "Je reviens vers vous comme convenu.",
    ),
}
DONE: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "wait": (
            (
                "From Monday a second desk is open between noon and two, the hours in which you waited. If you would rather"
                " not wait at all, ring me the day before and I will keep a time for you."
            ),
            (
                "I have looked at that morning with the team: two people were ill and nobody told those who stood in line."
                " Now whoever opens the door says how long it will take."
            ),
        ),
        "explained": (
            (
                "You had been told three different things about one charge. I have written down what it is and when it is"
                " taken, on one page, and the page is now what all of us go by."
            ),
            (
                "The letter that you showed me is hard to read, and not only for you. It has been rewritten, and the charge"
                " that it was about is back on your account."
            ),
        ),
        "price": (
            (
                "Nobody had told you that the card costs something from the fourth month on. The fees of those months are"
                " refunded, and you can close the card without any notice."
            ),
        ),
        "promise": (
            (
                "Your payment had been stuck since the Thursday before. It went through on the day we spoke, and we have"
                " paid the charge that came of the delay."
            ),
        ),
        "other": (
            (
                "You said that you miss a face you know. Tom looks after you from now on; he has your number and you have"
                " his."
            ),
        ),
    },
    "fr": {
        "wait": ("Un second guichet ouvre désormais entre midi et deux, aux heures où vous avez attendu.",),
        "explained": ("Le courrier que vous m'avez lu a été réécrit, et les frais en question vous sont rendus.",),
        "price": ("Les frais de la carte vous sont remboursés, et vous pouvez la rendre sans préavis.",),
        "promise": ("Votre virement est passé le jour même, et nous avons pris à notre charge les frais du retard.",),
        "other": ("Vous avez maintenant un interlocuteur à vous, qui vous appellera la semaine prochaine.",),
    },
}
CLOSINGS: dict[str, tuple[str, ...]] = {
    "en": ("If anything is still not right, write to me here or ring the branch.", "Come and see us when you pass by."),
    "fr": ("S'il reste quoi que ce soit, écrivez-moi ici ou appelez l'agence.",),
}
BACK: dict[str, tuple[str, ...]] = {
    "en": (
        "Thank you, that is more than I expected. The refund has arrived.",
        "It happened again this morning, half an hour at the counter. I thought this was settled.",
    ),
    "fr": ("Merci, c'est bien arrivé.",),
}
