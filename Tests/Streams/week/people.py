"""Invented persons, their events, and referrals about them, as proto3 JSON.

Personal numbers use the birth numbers 980 to 999, which the tax agency keeps for tests; telephone numbers are from the series that
the telecommunications agency keeps for fiction.
"""
import copy
import datetime
import random

MONDAY = datetime.date(2026, 3, 2)
DRAW = random.Random(20260302)

GIVEN = ["Alva", "Amina", "Bashir", "Birgitta", "Cirilo", "Dagny", "Ebrahim", "Elvira", "Fatuma", "Folke", "Gunvor", "Hodan", "Ilir",
         "Ingegerd", "Jasmin", "Kaj", "Leyla", "Ljubica", "Malte", "Mehmet", "Nahid", "Olle", "Petronella", "Qasim", "Ronja", "Samuel",
         "Saynab", "Signe", "Tariq", "Torbjörn", "Ursula", "Viggo", "Wilma", "Xenia", "Yasin", "Zainab", "Åke", "Älva", "Östen"]
SURNAMES = ["Påhittsson", "Exempelström", "Fantasihult", "Sagoberg", "Testfält", "Låtsasdotter", "Diktad", "Ingalunda", "Nånstans",
            "Overklig", "Skrönström", "Mönsterfall", "Uppdiktad", "Fabelius", "Luftslott", "Övningsvik"]
ALL_NAMES = [f"{given} {surname}" for given in GIVEN for surname in SURNAMES]
DRAW.shuffle(ALL_NAMES)
LANGUAGES = ["sv", "sv", "sv", "sv", "ar", "so", "prs", "ti", "es", "pl", "fa", "en", "fi", "rom", "ku", "tr", "sr-Latn", "uk"]
CATEGORIES = {"ASSAULT": "0375", "THREAT": "0405", "ROBBERY": "0807", "SEXUAL_OFFENCE": "0667",
              "VIOLENCE_IN_CLOSE_RELATIONSHIP": "0412", "HONOUR_RELATED": "0443", "STALKING_OR_HARASSMENT": "0432",
              "HATE_CRIME": "0517", "THEFT_OR_BURGLARY": "0857", "FRAUD": "0928", "DEADLY_VIOLENCE": "0310", "VANDALISM": "1204",
              "TRAFFIC": "3005", "OTHER": "4099"}
FREE_TEXTS = ["Ringer helst själv tillbaka.", "Har bett om kontakt före helgen.", "Tolk behövs vid första samtalet.",
              "Önskar prata med någon utanför skolan.", "Rättegång väntas i april."]


def check_digit(nine):
    total = 0
    for position, digit in enumerate(nine):
        weighted = int(digit) * (2 if position % 2 == 0 else 1)
        total += weighted - 9 if weighted > 9 else weighted
    return str(-total % 10)


def birthday(age):
    """Of somebody who is `age` in all of the week; nobody has a birthday between January and April."""
    return datetime.date(MONDAY.year - age - 1, DRAW.randint(5, 12), DRAW.randint(1, 28))


def personal_number(birth, form="long", coordination=False):
    day = birth.day + (60 if coordination else 0)
    digits = f"{birth.year % 100:02}{birth.month:02}{day:02}{DRAW.randint(980, 999)}"
    digits += check_digit(digits)
    if form == "long":
        return f"{birth.year // 100}{digits}"
    return f"{digits[:6]}{'+' if form == 'centenarian' else '-'}{digits[6:]}"


def district(name):
    return {"municipality": "0180", "district": name}


def municipality(code):
    return {"municipality": code}


class Numbers:
    """Running numbers, so that nobody shares a name or a case number."""
    name = 0
    phone = 0
    case = 340100


def next_name():
    Numbers.name += 1
    return ALL_NAMES[Numbers.name - 1]


def next_phone():
    # 070-174 06 05 to 06 99
    Numbers.phone += 1
    return f"+46701740{605 + Numbers.phone % 95}"


def person(age, known="number", **more):
    found = {"name": next_name()}
    birth = birthday(age) if age is not None else None
    if age is not None and known == "number":
        found["personalNumber"] = personal_number(birth)
    elif age is not None and known == "short":
        found["personalNumber"] = personal_number(birth, "centenarian" if age >= 100 else "short")
    elif age is not None and known == "coordination":
        found["personalNumber"] = personal_number(birth, coordination=True)
    elif age is not None and known == "birth date":
        found["birthDate"] = birth.isoformat()
    elif age is not None:
        found["age"] = age
    found["sex"] = DRAW.choice(["SEX_FEMALE", "SEX_FEMALE", "SEX_MALE", "SEX_OTHER"][:3 if DRAW.random() < 0.97 else 4])
    found.update(more)
    return found


def contact(age=None):
    found = {"phone": next_phone()}
    if DRAW.random() < 0.15:
        found["email"] = f"person{Numbers.phone}@example.com"
    if age is not None and age < 15:
        found.update(holder="CONTACT_HOLDER_GUARDIAN", holderName=next_name())
    else:
        found["holder"] = "CONTACT_HOLDER_PERSON"
    return found


def event(category=None, reported="ANSWER_YES", police=True):
    category = category or DRAW.choice(list(CATEGORIES))
    found = {"category": f"CRIME_CATEGORY_{category}"}
    if police:
        found.update(crimeCode=CATEGORIES[category], crimeCodeYear=2026)
    # Before the first day of the week, so that it is past also for an exchange whose clock stands still.
    found["date"] = (datetime.date(2026, 3, 1) - datetime.timedelta(days=int(DRAW.expovariate(0.25)) % 60)).isoformat()
    if police:
        Numbers.case += DRAW.randint(1, 90)
        found["policeReference"] = f"{'5000-' if DRAW.random() < 0.8 else ''}K{Numbers.case}-26"
    found["reported"] = reported
    return found


def consent(age, status=None, mediation=False):
    status = status or ("GUARDIAN_YES" if age is not None and age < 15 else "YES")
    found = {"status": f"CONSENT_STATUS_{status}"}
    if status in ("YES", "GUARDIAN_YES"):
        found["support"] = True
        if mediation:
            found["mediation"] = True
        if DRAW.random() < 0.4:
            found["shareOutcome"] = True
    if status != "NOT_ASKED":
        found["askedOn"] = DRAW.choice(["2026-02-27", "2026-03-01", "2026-03-02"])
    return found


def referral(age, area, role="VICTIM", known="number", category=None, basis="residence", status=None, protected="NONE", **more):
    """A referral as the police send it; `more` replaces or adds members."""
    found = {
        "person": person(age, known),
        "role": f"ROLE_{role}",
        "areas": {basis: copy.deepcopy(area)} if area else {},
        "contacts": [contact(age)],
        "consent": consent(age, status),
        "legalBasis": "LEGAL_BASIS_CONSENT" if DRAW.random() < 0.9 else "LEGAL_BASIS_PUBLIC_TASK",
        "protectedIdentity": f"PROTECTED_IDENTITY_{protected}",
        "language": DRAW.choice(LANGUAGES),
        "event": event(category),
        "services": ["SERVICE_SUPPORT"],
        "test": True,
    }
    if not found["areas"]:
        del found["areas"]
    if found["language"] != "sv":
        found["interpreterNeeded"] = DRAW.random() < 0.5
    if DRAW.random() < 0.1:
        found["freeText"] = DRAW.choice(FREE_TEXTS)
    found.update(more)
    return {name: value for name, value in found.items() if value is not None and value is not False}


def offender(age, area, known="number", **more):
    found = person(age, known)
    del found["sex"]
    found.update(residence=copy.deepcopy(area), phone=next_phone(), admitted="ANSWER_YES", takesPart="ANSWER_YES")
    found.update(more)
    return {name: value for name, value in found.items() if value is not None}


def mediation(offenders, **more):
    found = {"offenders": offenders, "investigation": "INVESTIGATION_CONCLUDED", "personTakesPart": "ANSWER_YES",
             "suitable": "ANSWER_YES"}
    found.update(more)
    return {name: value for name, value in found.items() if value is not None}


def mediated(age, area, offenders, services=("SUPPORT", "MEDIATION"), **more):
    conditions = more.pop("conditions", {})
    found = referral(age, area, **more)
    found["services"] = [f"SERVICE_{service}" for service in services]
    found["consent"] = consent(age, mediation=True)
    if "SUPPORT" not in services:
        del found["consent"]["support"]
    found["mediation"] = mediation(offenders, **conditions)
    return found
