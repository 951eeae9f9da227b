"""Messages that are refused, each with the paths of its faults."""
from week.people import check_digit, contact, mediation, offender, referral


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def raw_submission(message_id, name):
    """A SubmitRequest that JSON cannot say: the name is bytes of any kind."""
    return field(1, message_id.encode()) + field(2, field(1, field(1, name)))


def faulty_cases(area):
    """Pairs of a referral and the paths of its faults."""
    def changed(change, age=30, **more):
        found = referral(age, area, **more)
        change(found)
        return found

    def wrong_check_digit(found):
        number = found["person"]["personalNumber"]
        found["person"]["personalNumber"] = number[:-1] + str((int(number[-1]) + 1) % 10)

    def impossible_number(found):
        digits = "950230" + "981"
        found["person"]["personalNumber"] = "19" + digits + check_digit(digits)

    def many(found):
        wrong_check_digit(found)
        found["role"] = 77
        found["contacts"] = [{"phone": "0701740605", "holder": "CONTACT_HOLDER_PERSON"}, {"email": "inte en adress"}]
        found["event"]["policeReference"] = "K-26"
        del found["legalBasis"]

    def without_mediation(found):
        found["services"] = ["SERVICE_SUPPORT", "SERVICE_MEDIATION"]
        found["consent"]["mediation"] = True

    def with_mediation(found):
        found["mediation"] = mediation([offender(16, area)])

    def without_offenders(found):
        without_mediation(found)
        found["mediation"] = mediation([])

    return [
        (changed(wrong_check_digit), ["referral.person.personal_number"]),
        (changed(impossible_number), ["referral.person.personal_number"]),
        (changed(lambda found: found["person"].update(personalNumber="19950")), ["referral.person.personal_number"]),
        (changed(lambda found: found["person"].update(birthDate="1991-02-29"), known="stated"), ["referral.person.birth_date"]),
        (changed(lambda found: found["person"].update(age=131), known="stated"), ["referral.person.age"]),
        (changed(lambda found: found["event"].update(date="2027-01-01")), ["referral.event.date"]),
        (changed(lambda found: found.update(role=42)), ["referral.role"]),
        (changed(lambda found: found["event"].update(category=99)), ["referral.event.category"]),
        (changed(lambda found: found.update(services=["SERVICE_SUPPORT", "SERVICE_SUPPORT"])), ["referral.services[1]"]),
        (changed(lambda found: found.update(services=[])), ["referral.services"]),
        (changed(lambda found: found.update(freeText="å" * 10_001)), ["referral.free_text"]),
        (changed(lambda found: found["person"].update(name="x" * 201)), ["referral.person.name"]),
        (changed(lambda found: found.update(contacts=[contact() for _ in range(6)])), ["referral.contacts"]),
        (changed(lambda found: found.pop("contacts")), ["referral.contacts"]),
        (changed(lambda found: found["consent"].pop("support")), ["referral.consent.support"]),
        (changed(lambda found: found.pop("consent")), ["referral.consent"]),
        (changed(lambda found: found["areas"]["residence"].update(municipality="180")),
         ["referral.areas.residence.municipality"]),
        (changed(lambda found: found.update(areas={"residence": {"municipality": "0184", "district": "farsta"}})),
         ["referral.areas.residence.district"]),
        (changed(lambda found: found["event"].pop("crimeCodeYear")), ["referral.event.crime_code_year"]),
        (changed(lambda found: found.update(language="svenska!")), ["referral.language"]),
        (changed(without_mediation), ["referral.mediation"]),
        (changed(with_mediation), ["referral.mediation"]),
        (changed(without_offenders), ["referral.mediation.offenders"]),
        (changed(many), ["referral.person.personal_number", "referral.role", "referral.contacts[0].phone", "referral.contacts[1].email",
                         "referral.contacts[1].holder", "referral.legal_basis", "referral.event.police_reference"]),
    ]
