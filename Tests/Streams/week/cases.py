"""The referrals that every week has to have, and what most of them are like."""
from week.people import DRAW, birthday, contact, consent, district, event, mediated, municipality, next_name, next_phone, offender, referral
from week.verdicts import INNER_CITY, LIDINGO, GOTLAND, NORTHWEST, OUTSIDE, SOUTH, WEST

VASTERORT, SODERORT, CITY, JARFALLA, SCHOOL, WEB = (
    "polisen-stockholm/vasterort", "polisen-stockholm/soderort", "polisen-stockholm/city", "polisen-stockholm/jarfalla",
    "bromma-gymnasium/elevhalsan", "egen-ansokan/webb")


def special_cases():
    """Pairs of sender and referral, in no order of time."""
    cases = []

    def add(sender, found):
        cases.append((sender, found))

    # Every area, young and grown up, by residence, stay and scene.
    for name in INNER_CITY + WEST + SOUTH:
        sender = CITY if name in INNER_CITY else VASTERORT if name in WEST else SODERORT
        add(sender, referral(DRAW.randint(11, 20), district(name)))
        add(sender, referral(DRAW.randint(23, 79), district(name)))
    for code in [LIDINGO, GOTLAND]:
        add(CITY, referral(DRAW.randint(23, 70), municipality(code)))
        add(CITY, referral(DRAW.randint(11, 20), municipality(code)))
    for code in NORTHWEST:
        add(JARFALLA, referral(DRAW.randint(11, 20), municipality(code)))
    add(JARFALLA, referral(34, municipality("0184")))
    add(JARFALLA, referral(61, municipality("0191")))
    add(CITY, referral(17, municipality(OUTSIDE)))
    add(SODERORT, referral(45, municipality(OUTSIDE)))
    add(SODERORT, referral(16, district("farsta"), basis="stay"))
    add(VASTERORT, referral(52, district("jarva"), basis="scene"))
    both = referral(18, district("bromma"))
    both["areas"].update(stay=district("farsta"), scene=district("kungsholmen"))
    add(VASTERORT, both)
    stays = referral(33, district("skarpnack"), basis="stay")
    stays["areas"]["scene"] = municipality("0184")
    add(SODERORT, stays)
    add(CITY, referral(29, None))
    add(CITY, referral(15, municipality("0180")))
    add(SODERORT, referral(40, district("rinkeby-kista")))  # merged into Järva in 2023
    add(VASTERORT, referral(19, district("norrmalm")))  # merged into Norra innerstaden in 2023

    # Ages at the limits, however they are known.
    for age in [5, 8, 9, 10, 21, 22]:
        for sender, area in [(VASTERORT, district("hasselby-vallingby")), (SODERORT, district("skarholmen")), (JARFALLA, municipality("0123"))]:
            add(sender, referral(age, area, known=DRAW.choice(["number", "birth date", "stated"])))
    for known in ["short", "coordination", "birth date", "stated"]:
        add(CITY, referral(20, district("sodermalm"), known=known))
    add(CITY, referral(80, district("norra-innerstaden"), known="short"))
    add(CITY, referral(101, district("kungsholmen"), known="short"))
    for sender, area in [(CITY, district("sodermalm")), (SODERORT, district("farsta")), (JARFALLA, municipality("0163"))]:
        add(sender, referral(None, area))

    # Those around the victim.
    for own, victim in [(44, 15), (17, 50), (38, 21), (70, 22), (19, None), (45, None)]:
        for role in ["WITNESS", "RELATIVE_OF_VICTIM"]:
            related = None
            if victim is not None:
                related = {"birthDate": birthday(victim).isoformat()} if DRAW.random() < 0.5 else {"age": victim}
            sender, area = DRAW.choice([(VASTERORT, district("bromma")), (SODERORT, district("hagersten-alvsjo"))])
            add(sender, referral(own, area, role=role, relatedVictim=related))
    add(SODERORT, referral(41, district("farsta"), role="RELATIVE_OF_VICTIM", relatedVictim={"age": 7}))
    for age in [16, 42, 66]:
        add(SODERORT, referral(age, district("enskede-arsta-vantor"), role="RELATIVE_OF_OFFENDER"))
    for age in [30, 58]:
        add(CITY, referral(age, district("norra-innerstaden"), role="PROFESSIONAL"))
    add(JARFALLA, referral(47, municipality("0123"), role="RELATIVE_OF_OFFENDER"))

    # Protected identities.
    for kind in ["CONFIDENTIALITY_MARKING", "PROTECTED_REGISTRATION", "ASSUMED_IDENTITY", "UNKNOWN"]:
        for sender, age, area in [(VASTERORT, 17, district("jarva")), (SODERORT, 36, district("farsta"))]:
            add(sender, referral(age, area, protected=kind))
    add(CITY, referral(28, district("kungsholmen"), protected="PROTECTED_REGISTRATION", contacts=None))

    # Consent.
    for sender, area in [(VASTERORT, district("bromma")), (SODERORT, district("skarpnack")), (CITY, district("sodermalm"))]:
        for status in ["NOT_ASKED", "NO", "WITHDRAWN"]:
            add(sender, referral(DRAW.randint(12, 60), area, status=status))
    add(JARFALLA, referral(13, municipality("0139"), status="GUARDIAN_YES"))
    add(JARFALLA, referral(17, municipality("0139"), status="NOT_ASKED", contacts=None))

    # Sexually exploited for payment.
    for age, area in [(14, district("farsta")), (17, municipality("0114")), (19, district("jarva")), (26, district("bromma"))]:
        sender = SODERORT if area.get("district") == "farsta" else JARFALLA if age == 17 else VASTERORT
        found = referral(age, area, category="SEXUAL_OFFENCE")
        found["event"]["exploitedForPayment"] = True
        add(sender, found)

    # Safe contact, anonymous seekers.
    careful = contact()
    careful.update(noVoicemail=True, noSms=True, notAtHome=True, safeHours="vardagar 9–11", mayAnswer="bara personen själv")
    add(VASTERORT, referral(39, district("jarva"), category="VIOLENCE_IN_CLOSE_RELATIONSHIP", contacts=[careful]))
    friend = {"phone": next_phone(), "holder": "CONTACT_HOLDER_OTHER", "holderName": next_name(), "mayAnswer": "vännen som svarar"}
    add(SODERORT, referral(18, district("skarholmen"), category="HONOUR_RELATED", contacts=[friend, careful]))
    letter = {"postalAddress": "Påhittade gatan 1, 123 45 Exempelstad", "holder": "CONTACT_HOLDER_PERSON"}
    add(CITY, referral(74, district("kungsholmen"), contacts=[letter]))
    add(CITY, referral(31, district("sodermalm"), contacts=[contact() for _ in range(5)]))
    for age, area in [(16, district("bromma")), (24, district("farsta")), (55, municipality(GOTLAND)), (20, municipality("0183")),
                      (35, district("sodermalm")), (12, district("skarpnack"))]:
        add(WEB, referral(
            age, area, known="stated", person={"age": age}, consent={"status": "CONSENT_STATUS_YES", "support": True},
            legalBasis="LEGAL_BASIS_OWN_REQUEST", event=event(reported=DRAW.choice(["ANSWER_NO", "ANSWER_UNKNOWN"]), police=False),
            freeText=None))
    add(WEB, referral(
        None, district("jarva"), person=None, consent={"status": "CONSENT_STATUS_YES", "support": True},
        contacts=[{"email": "nagon@example.org", "holder": "CONTACT_HOLDER_PERSON"}], legalBasis="LEGAL_BASIS_OWN_REQUEST",
        event=event("STALKING_OR_HARASSMENT", "ANSWER_NO", police=False)))
    for age, category in [(16, "ROBBERY"), (17, "THREAT"), (18, "STALKING_OR_HARASSMENT"), (16, "HATE_CRIME"), (17, "HONOUR_RELATED")]:
        add(SCHOOL, referral(age, DRAW.choice([district("bromma"), district("jarva"), municipality("0125")]), known="birth date",
                             event=event(category, "ANSWER_NO", police=False)))

    # Mediation: the offender decides.
    bromma, farsta, sigtuna = district("bromma"), district("farsta"), municipality("0191")
    for age in [12, 15, 20]:
        add(SODERORT, mediated(45, farsta, [offender(age, farsta)]))
    add(VASTERORT, mediated(16, bromma, [offender(17, bromma)]))
    add(JARFALLA, mediated(14, sigtuna, [offender(15, sigtuna), offender(16, sigtuna)]))
    add(VASTERORT, mediated(30, bromma, [offender(15, bromma), offender(20, bromma, known="stated")]))
    add(VASTERORT, mediated(26, bromma, [offender(18, bromma)], services=["MEDIATION"]))
    add(SODERORT, mediated(33, farsta, [offender(11, farsta)]))
    add(SODERORT, mediated(19, farsta, [offender(15, farsta), offender(11, farsta)]))
    add(SODERORT, mediated(52, farsta, [offender(None, farsta)]))
    add(SODERORT, mediated(20, farsta, [offender(16, farsta, admitted="ANSWER_NO")]))
    add(JARFALLA, mediated(18, sigtuna, [offender(16, sigtuna, takesPart=None)]))
    add(SODERORT, mediated(20, farsta, [offender(17, farsta)], conditions={"suitable": "ANSWER_NO"}))
    add(SODERORT, mediated(22, farsta, [offender(17, farsta)], conditions={"personTakesPart": "ANSWER_UNKNOWN"}))
    add(VASTERORT, mediated(21, bromma, [offender(17, bromma)], conditions={"investigation": "INVESTIGATION_RUNNING"}))
    add(VASTERORT, mediated(
        23, bromma, [offender(17, bromma)], conditions={"investigation": "INVESTIGATION_RUNNING", "leaderConsulted": "ANSWER_YES"}))
    add(SODERORT, mediated(20, farsta, [offender(16, farsta, admitted="ANSWER_UNKNOWN"), offender(17, farsta)]))
    add(VASTERORT, mediated(34, bromma, [offender(19, bromma, takesPart="ANSWER_NO")]))
    add(VASTERORT, mediated(28, bromma, [offender(21, bromma)]))
    add(VASTERORT, mediated(28, bromma, [offender(19, bromma), offender(24, bromma)]))
    add(SODERORT, mediated(45, farsta, [offender(17, bromma)]))
    add(SODERORT, mediated(18, farsta, [offender(17, farsta), offender(17, bromma)]))
    add(SODERORT, mediated(31, farsta, [offender(15, None)]))
    add(JARFALLA, mediated(40, sigtuna, [offender(16, municipality(GOTLAND))]))
    unasked = mediated(17, sigtuna, [offender(17, sigtuna)])
    del unasked["event"]["reported"]
    add(JARFALLA, unasked)
    unreported = mediated(17, sigtuna, [offender(17, sigtuna)])
    unreported["event"]["reported"] = "ANSWER_NO"
    add(JARFALLA, unreported)
    # Only one has a group: which of two sides a unit is handed out first, and so at all, is by chance.
    add(SODERORT, mediated(17, farsta, [offender(18, farsta)]))
    add(SODERORT, {**referral(18, farsta, category="ASSAULT"), "conflictGroup": "farsta-torg-2026-02"})
    return cases


def ordinary_case(sender):
    """What most referrals are like."""
    areas = {VASTERORT: [district(name) for name in WEST], SODERORT: [district(name) for name in SOUTH],
             CITY: [district(name) for name in INNER_CITY] + [municipality(LIDINGO)], JARFALLA: [municipality(code) for code in NORTHWEST]}
    age = DRAW.choice([DRAW.randint(10, 21), DRAW.randint(22, 80), DRAW.randint(15, 40)])
    role = DRAW.choices(["VICTIM", "WITNESS", "RELATIVE_OF_VICTIM"], [8, 1, 1])[0]
    related = {"age": DRAW.randint(10, 60)} if role == "RELATIVE_OF_VICTIM" else None
    return referral(age, DRAW.choice(areas[sender]), role=role, known=DRAW.choices(["number", "birth date", "stated"], [8, 1, 1])[0],
                    relatedVictim=related)
