#!/usr/bin/env python3
"""Writes a year of submissions as a recording of requests (Tests/Streams/README.md), for `lots route simulate`.

Usage: write-year.py [referrals] >year.jsonl; the same number gives the same bytes. Every person is invented; the telephone numbers are
from the series that is kept for fiction.
"""
import datetime
import json
import random
import sys

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
START = datetime.datetime(2025, 1, 1)
YEAR = 365 * 86_400
DRAW = random.Random(20250101)
GIVEN = ["Alva", "Bashir", "Dagny", "Elvira", "Fatuma", "Gunvor", "Ilir", "Leyla", "Malte", "Olle", "Ronja", "Tariq", "Wilma", "Åke"]
SURNAMES = ["Påhittsson", "Exempelström", "Fantasihult", "Sagoberg", "Testfält", "Diktad", "Luftslott", "Övningsvik"]
AREAS = (
    [("0180", district) for district in [
        "bromma", "enskede-arsta-vantor", "farsta", "hagersten-alvsjo", "hasselby-vallingby", "jarva", "kungsholmen", "norra-innerstaden",
        "skarpnack", "skarholmen", "sodermalm"]] * 4
    + [(code, None) for code in ["0114", "0123", "0125", "0139", "0163", "0183", "0184", "0186", "0191", "0980", "0380"]])
ROLES = ["VICTIM"] * 14 + ["WITNESS"] * 3 + ["RELATIVE_OF_VICTIM"] * 2 + ["RELATIVE_OF_OFFENDER", "PROFESSIONAL"]
CRIMES = ["ASSAULT", "THREAT", "ROBBERY", "SEXUAL_OFFENCE", "VIOLENCE_IN_CLOSE_RELATIONSHIP", "FRAUD", "THEFT_OR_BURGLARY"]
SENDERS = ["vasterort", "soderort", "city", "jarfalla"]


def area(place):
    code, district = place
    return {"municipality": code, "district": district} if district else {"municipality": code}


def age():
    return DRAW.randint(10, 24) if DRAW.random() < 0.45 else DRAW.randint(5, 90)


def referral(number, when):
    role = DRAW.choice(ROLES)
    place = DRAW.choice(AREAS)
    person = {"name": f"{DRAW.choice(GIVEN)} {DRAW.choice(SURNAMES)}", "sex": DRAW.choice(["SEX_FEMALE", "SEX_MALE"])}
    if DRAW.random() < 0.95:
        years = age()
        if DRAW.random() < 0.5:
            person["age"] = years
        else:
            person["birthDate"] = f"{when.year - years - 1}-{DRAW.randint(1, 12):02}-{DRAW.randint(1, 28):02}"
    value = {
        "person": person, "role": f"ROLE_{role}", "areas": {"residence": area(place)},
        "contacts": [{"phone": f"+467017406{DRAW.randint(5, 99):02}", "email": f"person{number}@example.com",
                      "holder": "CONTACT_HOLDER_PERSON", "noVoicemail": True, "safeHours": "vardagar efter 16"}],
        "consent": {"status": "CONSENT_STATUS_YES" if DRAW.random() < 0.93 else "CONSENT_STATUS_NOT_ASKED", "support": True,
                    "askedOn": f"{when:%Y-%m-%d}"},
        "legalBasis": "LEGAL_BASIS_CONSENT",
        "protectedIdentity": "PROTECTED_IDENTITY_NONE" if DRAW.random() < 0.98 else "PROTECTED_IDENTITY_CONFIDENTIALITY_MARKING",
        "language": DRAW.choice(["sv", "sv", "sv", "ar", "so", "es"]),
        "event": {"category": f"CRIME_CATEGORY_{DRAW.choice(CRIMES)}", "crimeCode": "0375", "crimeCodeYear": when.year,
                  "policeReference": f"5000-K{100_000 + number}-{when.year % 100}", "reported": "ANSWER_YES"},
        "services": ["SERVICE_SUPPORT"], "test": True}
    if role in ("WITNESS", "RELATIVE_OF_VICTIM") and DRAW.random() < 0.7:
        value["relatedVictim"] = {"age": age()}
    if DRAW.random() < 0.03:
        value["services"].append("SERVICE_MEDIATION")
        value["consent"]["mediation"] = True
        value["mediation"] = {
            "offenders": [{"age": DRAW.randint(10, 24), "residence": area(place), "admitted": "ANSWER_YES", "takesPart": "ANSWER_YES"}],
            "investigation": "INVESTIGATION_CONCLUDED", "personTakesPart": "ANSWER_YES", "suitable": "ANSWER_YES"}
    if DRAW.random() < 0.3:
        value["freeText"] = "Ringer helst själv tillbaka. " * DRAW.randint(1, 6)
    return value


def line(value):
    print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


line({"recording": "lots/1", "description": f"A year of {COUNT} referrals; every person is invented.", "clock": "2025-01-01T00:00:00Z",
      "testData": True})
for number in range(1, COUNT + 1):
    when = START + datetime.timedelta(seconds=number * YEAR // (COUNT + 1))
    sender = number % len(SENDERS)
    line({"time": f"{when:%Y-%m-%dT%H:%M:%SZ}", "connection": sender + 1,
          "identity": f"spiffe://lots.example/polisen-stockholm/{SENDERS[sender]}", "call": number, "direction": "request",
          "method": "lots.v1.ReferralService/Submit", "body": {"messageId": f"year-{number}", "referral": referral(number, when)}})
