"""Invented, ordinary names, by language."""

GIVEN = {
    "en": (
        "Adam Alice Amelia Andrew Anita Arthur Aisha Beatrice Ben Bridget Callum Carol Charlotte Chloe Clive "
        "Daisy Daniel Deborah Dev Edith Edward Eleanor Emma Esther Ethan Fiona Frank Freya George Grace Graham "
        "Hannah Harriet Harry Heather Hugh Imran Isla Ivy Jack James Jasmine Jean Joan Joel Joseph Judith Karen "
        "Kate Kieran Laura Leah Leo Linda Lucy Maisie Malcolm Margaret Mark Martha Meera Michael Moira Naomi Neil "
        "Nigel Nora Oliver Oscar Owen Pamela Patrick Paul Peter Phoebe Priya Rachel Raymond Rebecca Rhys Robert "
        "Rosie Rupert Ruth Sam Sandra Sarah Sean Sharon Simon Sophie Stephen Susan Tanya Thomas Toby Una Valerie "
        "Victor Wendy William Yusuf Zara"
    ).split(),
    "fr": (
        "Adèle Agnès Alain Alexis Amandine Anaïs André Anne Antoine Armand Audrey Aurélie Baptiste Béatrice "
        "Benoît Bernard Brigitte Camille Céline Charles Chloé Christophe Claire Clément Colette Corinne Damien "
        "Daniel Delphine Denis Didier Dominique Édouard Élise Élodie Émile Emma Éric Estelle Étienne Eugénie "
        "Fabien Fatima Félix Florence Françoise Gaël Geneviève Gérard Guillaume Hélène Henri Hervé Hugo Inès "
        "Irène Isabelle Jacques Jeanne Jérôme Joëlle Julien Karim Laetitia Laure Léa Léon Loïc Louis Lucie "
        "Madeleine Manon Marc Margaux Mathilde Maxime Mehdi Michèle Monique Nadia Noé Noémie Océane Odile Olivier "
        "Pascal Patrice Pauline Philippe Pierre Quentin Raphaël Rémi Romain Sabine Samir Sébastien Solène "
        "Stéphane Sylvie Théo Thérèse Valérie Vincent Yann Yasmine Zoé"
    ).split(),
}
FAMILY = {
    "en": (
        "Abbott Acheson Ainsworth Baker Banerjee Barlow Barrett Bennett Blackwood Bourne Bradley Briggs Brook "
        "Butler Carter Chadwick Chandra Clarke Coleman Cooper Craig Dalton Davies Dixon Drake Ellis Farrow "
        "Fenwick Fisher Fleming Ford Foster Fraser Gardner Gibbs Goodwin Grant Greene Hale Hammond Hardy "
        "Hargreaves Harper Hayward Henshaw Hobbs Holloway Hussain Ingram Jarvis Jennings Jones Kaur Kemp Kendall "
        "Lambert Langley Latham Lister Lloyd Marsh Mason Mercer Mistry Morgan Murphy Nash Newell Norris Nwosu "
        "Oakley O'Brien Osborne Palmer Parry Patel Pearce Perkins Pike Pollard Quinn Rahman Ramsey Reeves Rowe "
        "Sandhu Sharpe Shaw Sinclair Slater Spencer Stokes Sutton Tanner Thorne Tucker Underwood Vaughan Wade "
        "Walsh Warner Weston Whitfield Wilde Wyatt Yates"
    ).split(),
    "fr": (
        "Allard Arnaud Aubert Barbier Baudouin Bénard Berger Besson Blanchet Bonnet Boucher Bourgeois Brunel "
        "Carlier Caron Carpentier Chauvin Chevallier Clément Colin Cordier Coste Courtois Delattre Delmas "
        "Deschamps Diallo Dubois Dufour Dumont Dupuis Durand Fabre Faure Favre Fleury Fontaine Fournier Gaillard "
        "Garnier Gautier Germain Gérard Giraud Grandjean Guérin Guichard Hamon Henry Huet Jacquet Joly Joubert "
        "Klein Lacroix Lambert Langlois Laurent Lebrun Leclerc Lefèvre Lejeune Lemaître Léger Leroux Maillard "
        "Marchand Marty Masson Mercier Meunier Michaud Morel Moulin Navarro Nguyen Noël Ollivier Pages Paris "
        "Pelletier Perrin Petit Picard Poirier Prévost Renard Renaud Rivière Robin Rousseau Roux Roy Sabatier "
        "Salmon Schmitt Simonet Tessier Thibault Toussaint Traoré Vallet Vasseur Verdier Vidal Vigneron Weber"
    ).split(),
}
TOWNS = {
    "en": (
        "Ashcombe Birchover Calderby Dunmere Eastleigh Fernham Glenby Hartwell Inglewood Kelsall Langmoor Marston "
        "Norbury Oakhurst Penwick Ravensford Selby Thornley Upwell Wexcombe"
    ).split(),
    "fr": (
        "Amboise Beaulieu Chantemerle Dinard Épernay Fougères Granville Honfleur Issoire Joigny Landerneau Mirecourt "
        "Nérac Orbec Ploërmel Quimper Riom Saumur Thouars Vitré"
    ).split(),
}
STREETS = {
    "en": ("Market Place", "High Street", "Station Road", "Bridge Street", "Church Row", "Abbey Gate", "West Quay",
           "Corn Hill", "Park Lane", "Mill Green", "Castle Street", "Queen's Parade"),
    "fr": ("Centre", "Gare", "République", "Mairie", "Halles", "Remparts", "Vieux-Port",
           "Cathédrale", "Victor-Hugo", "Jardins", "Beffroi", "Grand-Rue"),
}  # fmt: skip
