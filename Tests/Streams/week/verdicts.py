"""What ought to become of a referral: a naive reading of the rules for the areas and organisations of 1 July 2023, written without
regard to the decision tables, so that a mistake in either shows."""

INNER_CITY = ["kungsholmen", "norra-innerstaden", "sodermalm"]
WEST = ["bromma", "hasselby-vallingby", "jarva"]
SOUTH = ["enskede-arsta-vantor", "farsta", "hagersten-alvsjo", "skarpnack", "skarholmen"]
NORTHWEST = ["0114", "0123", "0125", "0139", "0163", "0183", "0184", "0191"]
MERGED = ["norrmalm", "ostermalm", "rinkeby-kista", "spanga-tensta"]
LIDINGO, GOTLAND, OUTSIDE = "0186", "0980", "1480"


def centre_of(area):
    """The support centre for young people, if the area has one."""
    municipality, district = area.get("municipality"), area.get("district")
    if municipality in NORTHWEST:
        return "stodcentrum-nordvast"
    if municipality == LIDINGO or district in INNER_CITY:
        return "stodcentrum-city"
    if district in WEST:
        return "stodcentrum-vasterort"
    return "stodcentrum-soderort" if district in SOUTH else None


def volunteers_of(area):
    """The brottsofferjour, if the area has one."""
    municipality, district = area.get("municipality"), area.get("district")
    if municipality in (LIDINGO, GOTLAND) or district in INNER_CITY:
        return "bojen-stockholm-gotland"
    if district in WEST:
        return "bojen-vasterort"
    return "bojen-sodra-stockholm" if district in SOUTH else None


def review(reason):
    return {"review": reason}


def recipient(organisation):
    return {"recipient": organisation} if organisation else review("no-recipient-for-area")


def known_age(person, on):
    """Completed years: from the personal number, the birth date, or as stated."""
    number = person.get("personalNumber")
    if number:
        digits = number.replace("-", "").replace("+", "")
        if len(digits) == 10:
            century = 1900 if "+" in number or int(digits[:2]) > on.year % 100 else 2000
            digits = str(century + int(digits[:2])) + digits[2:]
        year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
        day -= 60 if day > 60 else 0
    elif "birthDate" in person:
        year, month, day = (int(part) for part in person["birthDate"].split("-"))
    else:
        return person.get("age")
    return on.year - year - ((on.month, on.day) < (month, day))


PROTECTED = ("PROTECTED_IDENTITY_CONFIDENTIALITY_MARKING", "PROTECTED_IDENTITY_PROTECTED_REGISTRATION",
             "PROTECTED_IDENTITY_ASSUMED_IDENTITY")


def fault_of(area):
    """Why nobody can be found for an area, or None."""
    if area["municipality"] != "0180" or area.get("district") in INNER_CITY + WEST + SOUTH:
        return None
    if "district" not in area:
        return review("district-missing")
    return review("area-not-valid-on-this-date" if area["district"] in MERGED else "unknown-area")


def support_verdict(referral, on):
    if referral["protectedIdentity"] in PROTECTED:
        return review("protected-identity")
    age = known_age(referral.get("person", {}), on)
    if referral["role"] in ("ROLE_WITNESS", "ROLE_RELATIVE_OF_VICTIM") and "relatedVictim" in referral:
        age = known_age(referral["relatedVictim"], on)
    exploited_child = referral["event"].get("exploitedForPayment") and age is not None and age < 18
    grown_ups_only = referral["role"] in ("ROLE_RELATIVE_OF_OFFENDER", "ROLE_PROFESSIONAL")
    if age is None and referral["role"] != "ROLE_PROFESSIONAL":
        return review("unknown-age")
    if age is not None and age < 10 and not exploited_child:
        return review("under-10")
    areas = referral.get("areas", {})
    area = areas.get("residence") or areas.get("stay") or areas.get("scene")
    if area is None:
        return review("unknown-area")
    if fault_of(area):
        return fault_of(area)
    if exploited_child:
        return recipient(centre_of(area))
    if grown_ups_only or age > 21:
        return recipient(volunteers_of(area))
    # The volunteers help at any age where there is no centre.
    return recipient(centre_of(area) or volunteers_of(area))


def mediation_verdict(referral, on):
    """Keyed on the offenders: the conditions of the law first, in its order."""
    mediation = referral["mediation"]
    offenders = mediation["offenders"]
    if referral["protectedIdentity"] in PROTECTED:
        return review("protected-identity")
    for answers, no, unknown in [
            ([referral["event"].get("reported")], "not-reported", "unknown-whether-reported"),
            ([offender.get("admitted") for offender in offenders], "not-admitted", "unknown-whether-admitted"),
            ([mediation.get("personTakesPart")] + [offender.get("takesPart") for offender in offenders],
             "somebody-declined", "unknown-whether-voluntary"),
            ([mediation.get("suitable")], "not-suitable", "unknown-whether-suitable")]:
        if "ANSWER_NO" in answers:
            return review(no)
        if any(answer != "ANSWER_YES" for answer in answers):
            return review(unknown)
    ages = [known_age(offender, on) for offender in offenders]
    if None in ages:
        return review("unknown-offender-age")
    if min(ages) < 12:
        return review("offender-under-12")
    if max(ages) > 20:
        return review("offender-21-or-older")
    if mediation["investigation"] == "INVESTIGATION_RUNNING" and mediation.get("leaderConsulted") != "ANSWER_YES":
        return review("investigation-leader-not-consulted")
    areas = [offender.get("residence") for offender in offenders]
    if None in areas:
        return review("unknown-offender-area")
    if any(area != areas[0] for area in areas):
        return review("offenders-in-different-areas")
    return fault_of(areas[0]) or recipient(centre_of(areas[0]))


def verdict(referral, on):
    status = referral["consent"]["status"]
    if status == "CONSENT_STATUS_NOT_ASKED":
        return {"outcome": "OUTCOME_AWAITING_CONSENT"}
    if status in ("CONSENT_STATUS_NO", "CONSENT_STATUS_WITHDRAWN"):
        reason = "consent-refused" if status == "CONSENT_STATUS_NO" else "consent-withdrawn"
        return {"outcome": "OUTCOME_REFUSED", "reason": reason}
    services = []
    for service in referral["services"]:
        found = support_verdict(referral, on) if service == "SERVICE_SUPPORT" else mediation_verdict(referral, on)
        services.append({"service": service, **found})
    return {"outcome": "OUTCOME_ACCEPTED", "services": services}


def after_return(referral, service, organisation, returned_before):
    """Where a case goes that its recipient gave back: the volunteers take over from the centre, once."""
    area = next(iter(referral.get("areas", {}).values()), None)
    if returned_before:
        return review("returned-twice")
    takes_over = service == "SERVICE_SUPPORT" and area and not referral["event"].get("exploitedForPayment")
    if takes_over and organisation == centre_of(area) and volunteers_of(area):
        return recipient(volunteers_of(area))
    return review("returned-by-only-recipient")
