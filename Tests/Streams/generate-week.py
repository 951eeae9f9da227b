#!/usr/bin/env python3
"""Writes week-requests.jsonl, an invented week of referrals, and week-expected.json, what ought to become of each.

Everything is seeded: the same program writes the same bytes. See README.md for the format and for what the week holds.
"""
import base64
import copy
import datetime
import json
import os
import sys

sys.dont_write_bytecode = True

from week.cases import CITY, JARFALLA, SCHOOL, SODERORT, VASTERORT, WEB, ordinary_case, special_cases
from week.faulty import faulty_cases, raw_submission
from week.people import DRAW, MONDAY, district, mediated, offender, referral
from week.verdicts import after_return, verdict

HERE = os.path.dirname(os.path.abspath(__file__))
CLOCK = datetime.datetime(2026, 3, 2, 6, 0)
WINTER = datetime.timedelta(hours=1)  # Europe/Stockholm in the first week of March

SUBMIT = "lots.v1.ReferralService/Submit"
STREAM = "lots.v1.ReferralService/SubmitStream"
STATUS = "lots.v1.ReferralService/GetStatus"
PREVIEW = "lots.v1.ReferralService/Preview"
FETCH = "lots.v1.AssignmentService/Fetch"
PULL = "lots.v1.AssignmentService/Pull"
ACKNOWLEDGE = "lots.v1.AssignmentService/Acknowledge"
ACCEPT = "lots.v1.AssignmentService/Accept"
RETURN = "lots.v1.AssignmentService/Return"

RECIPIENTS = [
    "bojen-stockholm-gotland/stockholm", "bojen-sodra-stockholm/stodsamordning", "bojen-vasterort/stodsamordning",
    "stodcentrum-city/kungsholmen", "stodcentrum-soderort/skarholmen", "stodcentrum-vasterort/vallingby",
    "stodcentrum-nordvast/sollentuna"]
PULLER = "stodcentrum-nordvast/sollentuna"
PARTICIPANTS = [VASTERORT, SODERORT, CITY, JARFALLA, SCHOOL, WEB] + RECIPIENTS


class Week:
    def __init__(self):
        self.now = CLOCK
        self.lines = []
        self.expected = []
        self.fetched = []
        self.returned = []
        self.calls = 0
        self.waiting = {name.split("/")[0]: [] for name in RECIPIENTS}  # in the order of routing
        self.message_ids = {}
        self.answered = {}  # what has been decided about (sender, message id)

    # Lines

    def line(self, who, call, direction, method, **content):
        time = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.lines.append({"time": time, "connection": PARTICIPANTS.index(who) + 1, "identity": f"spiffe://lots.example/{who}",
                           "call": call, "direction": direction, "method": method, **content})
        self.now += datetime.timedelta(seconds=1)

    def call(self):
        self.calls += 1
        return self.calls

    def unary(self, who, method, body):
        call = self.call()
        self.line(who, call, "request", method, body=body)
        return call

    def at(self, day, hour, minute=0):
        """Moves on to a time of day in Stockholm; never back."""
        moment = datetime.datetime.combine(MONDAY + datetime.timedelta(days=day), datetime.time(hour, minute)) - WINTER
        self.now = max(self.now, moment)

    # Submissions

    def next_id(self, sender):
        self.message_ids[sender] = self.message_ids.get(sender, 0) + 1
        return f"{sender.split('/')[1]}-2026-{self.message_ids[sender]:04}"

    def expect(self, call, item, sender, message_id, found):
        self.expected.append({"call": call, **({"item": item} if item else {}), "sender": sender,
                              **({"messageId": message_id} if message_id else {}), **found})

    def routed(self, sender, message_id, found, single):
        """Notes what waits where. `single`: nothing else is routed at the same moment, so its place in the queue is certain."""
        for service in found.get("services", []):
            if "recipient" in service:
                self.waiting[service["recipient"]].append(
                    {"sender": sender, "messageId": message_id, "service": service["service"],
                     "certain": single and len(found["services"]) == 1, "returned": False})

    def submit(self, sender, found, message_id=None, faults=None, raw=None):
        """One unary submission."""
        message_id = message_id or self.next_id(sender)
        call = self.call()
        if raw is not None:
            self.line(sender, call, "request", SUBMIT, raw=base64.b64encode(raw).decode())
        else:
            self.line(sender, call, "request", SUBMIT, body={"messageId": message_id, "referral": found})
        self.decide(call, None, sender, message_id, found, faults)
        return call, message_id

    def decide(self, call, item, sender, message_id, found, faults):
        key = (sender, message_id)
        if faults is not None:
            self.expect(call, item, sender, None if found is None else message_id, {"status": "INVALID_ARGUMENT", "faults": faults})
        elif key in self.answered and self.answered[key][0] != found:
            self.expect(call, item, sender, message_id, {"status": "ALREADY_EXISTS"})
        elif key in self.answered:
            self.expect(call, item, sender, message_id, {**self.answered[key][1], "repeated": True})
        else:
            decided = verdict(found, MONDAY)
            self.answered[key] = (copy.deepcopy(found), decided)
            self.expect(call, item, sender, message_id, decided)
            self.routed(sender, message_id, decided, item is None)

    def stream(self, sender, items):
        """A pipelined batch: tuples of referral, message id or None, faults or None, raw bytes or None."""
        call = self.call()
        for number, (found, message_id, faults, raw) in enumerate(items, 1):
            message_id = message_id or self.next_id(sender)
            if raw is not None:
                self.line(sender, call, "request", STREAM, raw=base64.b64encode(raw).decode())
            else:
                self.line(sender, call, "request", STREAM, body={"messageId": message_id, "referral": found})
            self.decide(call, number, sender, message_id, found, faults)
        self.line(sender, call, "end", STREAM)

    # Recipients

    def collect(self, who):
        """Fetches or pulls until nothing waits; returns the ids as placeholders, with what they are."""
        organisation = who.split("/")[0]
        waiting, self.waiting[organisation] = self.waiting[organisation], []
        if who == PULLER:
            if not waiting:
                return []
            call = self.call()
            self.line(who, call, "request", PULL, body={"credit": {"assignments": len(waiting)}})
            # The last one first: when its id is known all have come.
            for number in range(len(waiting), 0, -1):
                self.line(who, call, "request", PULL, body={"acknowledge": {"assignmentId": f"${call}.{number}"}})
            self.line(who, call, "end", PULL)
        else:
            call = self.unary(who, FETCH, {"limit": 100})
            if waiting:
                self.unary(who, FETCH, {"limit": 100})
            for number in range(1, len(waiting) + 1):
                self.unary(who, ACKNOWLEDGE, {"assignmentId": f"${call}.{number}"})
        self.fetched.append({"call": call, "recipient": organisation, "assignments": [
            {name: case[name] for name in ("sender", "messageId", "service")} for case in waiting]})
        return [(f"${call}.{number}", case) for number, case in enumerate(waiting, 1)]

    def give_back(self, who, placeholder, case, reason, twice):
        """`twice`: the recipient says so twice, which changes nothing more."""
        for _ in range(2 if twice else 1):
            self.unary(who, RETURN, {"assignmentId": placeholder, "reason": f"RETURN_REASON_{reason}"})
        organisation = who.split("/")[0]
        referral = self.answered[(case["sender"], case["messageId"])][0]
        found = after_return(referral, case["service"], organisation, case["returned"])
        if "recipient" in found:
            self.waiting[found["recipient"]].append({**case, "returned": True})
        self.returned.append({"call": self.calls, **{name: case[name] for name in ("sender", "messageId", "service")}, **found})


def main():
    week = Week()
    special = special_cases()
    by_sender = {sender: [found for who, found in special if who == sender] for sender in [VASTERORT, SODERORT, CITY, JARFALLA, SCHOOL, WEB]}
    for sender, total in [(VASTERORT, 78), (SODERORT, 82), (CITY, 54), (JARFALLA, 48)]:
        while len(by_sender[sender]) < total:
            by_sender[sender].append(ordinary_case(sender))
    for cases in by_sender.values():
        DRAW.shuffle(cases)
    faulty = faulty_cases(district("farsta"))
    west_faulty = faulty_cases(district("jarva"))[::6]
    kept = {}  # messages sent again later
    returns = iter(["OUTSIDE_AREA", "CONFLICT_OF_INTEREST", "NO_CAPACITY", "LANGUAGE", "WRONG_SERVICE", "OTHER"])
    returned = []

    def share(cases, day, days):
        """What a sender has for this one of its days."""
        position = days.index(day) if day in days else None
        if position is None:
            return []
        return [case for number, case in enumerate(cases) if number % len(days) == position]

    for day in range(7):
        weekend = day >= 5
        week.at(day, 7)

        # A duplicate days later, one with other content, and a correction under the id of a message that was refused.
        if day == 3:
            week.submit(SODERORT, kept["soderort"][1], message_id=kept["soderort"][0])
            other = copy.deepcopy(kept["soderort"][1])
            other["language"] = "fi" if other.get("language") != "fi" else "sv"
            week.submit(SODERORT, other, message_id=kept["soderort"][0])
        if day == 4:
            week.submit(SODERORT, referral(27, district("farsta")), message_id=kept["refused"])
            week.stream(VASTERORT, [(kept["vasterort"][1], kept["vasterort"][0], None, None),
                                    (by_sender[VASTERORT][0], kept["vasterort"][0], None, None)])

        # The police send during the day, Västerort in three batches.
        plans = []
        for sender in [SODERORT, CITY, JARFALLA]:
            plans += [(sender, case) for case in share(by_sender[sender], day, list(range(7)))]
        if not weekend:
            plans += [(SCHOOL, case) for case in share(by_sender[SCHOOL], day, [0, 1, 2, 3, 4])]
        plans += [(WEB, case) for case in share(by_sender[WEB], day, list(range(7)))]
        DRAW.shuffle(plans)
        batches = share(by_sender[VASTERORT], day, list(range(7)))
        for number in range(3):
            week.at(day, 8 + 4 * number, DRAW.randint(0, 20))
            batch = [(case, None, None, None) for case in batches[number::3]]
            if number == 1 and day < len(west_faulty):
                found, faults = west_faulty[day]
                batch.insert(1, (found, None, faults, None))
            if number == 1 and day == 2:
                batch.insert(2, (None, None, [], b"\xff\xff\xff\xff"))
            if number == 2 and day == 1 and batch:
                # The same message twice in one batch.
                message_id = week.next_id(VASTERORT)
                kept["vasterort"] = (message_id, batch[0][0])
                batch[0] = (batch[0][0], message_id, None, None)
                batch.append(batch[0])
            if batch:
                week.stream(VASTERORT, batch)
            for sender, case in plans[number::3]:
                week.now += datetime.timedelta(minutes=DRAW.randint(1, 9))
                call, message_id = week.submit(sender, case)
                if sender == SODERORT and day == 0 and "soderort" not in kept and verdict(case, MONDAY)["outcome"] == "OUTCOME_ACCEPTED":
                    kept["soderort"] = (message_id, case)
                    week.submit(SODERORT, case, message_id=message_id)

        # Messages that are refused, spread over the week.
        week.at(day, 17)
        for found, faults in faulty[day::7]:
            _, message_id = week.submit(SODERORT, found, faults=faults)
            kept["refused"] = message_id
        if day == 1:
            for raw, faults in [(b"\x0a\x7f", []), (raw_submission("raw-1", "Åsa".encode("latin-1")), ["referral.person.name"]),
                                (raw_submission("raw-2", b"Alva\x00Dold"), ["referral.person.name"])]:
                week.submit(CITY, None, faults=faults, raw=raw)
            week.submit(CITY, referral(30, district("sodermalm")), message_id="två ord", faults=["message_id"])
            week.submit(CITY, referral(30, district("sodermalm")), message_id="x" * 65, faults=["message_id"])

        # Recipients work at the end of the day, a few of them also at the weekend: then everybody catches up on Sunday.
        week.at(day, 19)
        for who in RECIPIENTS:
            if day == 5 and who.startswith("bojen"):
                continue
            taken = week.collect(who)
            for number, (placeholder, case) in enumerate(taken):
                week.now += datetime.timedelta(seconds=20)
                # The first case of a few evenings goes back, and what has come back once goes back again.
                if case["returned"] or number == 0 and day in (0, 3) and case["certain"] and len(returned) < 3 + day:
                    reason = next(returns)
                    week.give_back(who, placeholder, case, reason, twice=not returned)
                    returned.append(case)
                elif number % 8 != 5:
                    week.unary(who, ACCEPT, {"assignmentId": placeholder})

        # The senders ask what became of some of it.
        week.at(day, 21)
        certain = [entry for entry in week.expected if "item" not in entry and "outcome" in entry and not entry.get("repeated")]
        for entry in DRAW.sample(certain, 5):
            if DRAW.random() < 0.5:
                week.unary(entry["sender"], STATUS, {"messageId": entry["messageId"]})
            else:
                week.unary(entry["sender"], STATUS, {"referralId": f"${entry['call']}.1"})
        for case in returned[-1:]:
            week.unary(case["sender"], STATUS, {"messageId": case["messageId"]})
        if day == 2:
            # Somebody else's referral is as unknown as one that does not exist.
            foreign = next(entry for entry in certain if entry["sender"] == CITY)
            for body in [{"referralId": f"${foreign['call']}.1"}, {"messageId": foreign["messageId"]}, {"messageId": "never-sent"}]:
                call = week.unary(JARFALLA, STATUS, body)
                week.expect(call, None, JARFALLA, None, {"status": "NOT_FOUND"})
        if day == 3:
            for who, method, body in [(RECIPIENTS[0], SUBMIT, {"messageId": "1", "referral": referral(30, district("farsta"))}),
                                      (CITY, FETCH, {"limit": 1}), (CITY, PULL, {"credit": {"assignments": 1}})]:
                call = week.unary(who, method, body)
                week.expect(call, None, who, None, {"status": "PERMISSION_DENIED"})
                if method == PULL:
                    week.line(who, call, "end", PULL)
            week.unary(CITY, PREVIEW, {"referral": referral(17, district("sodermalm"))})
            week.unary(CITY, PREVIEW, {"referral": referral(48, district("norrmalm")), "asOf": "2004-09-15"})
            week.unary(CITY, PREVIEW, {"referral": referral(48, district("sodermalm")), "asOf": "2015-01-01"})
            week.unary(VASTERORT, PREVIEW, {"referral": mediated(45, district("bromma"), [offender(17, district("bromma"))])})
            week.unary(VASTERORT, PREVIEW, {"referral": referral(20, district("bromma"), status="NO")})

    write(week)


def write(week):
    header = {"recording": "lots/1", "description": "A week of referrals, 2 to 8 March 2026; every person is invented.",
              "clock": CLOCK.strftime("%Y-%m-%dT%H:%M:%SZ"), "testData": True}
    with open(os.path.join(HERE, "week-requests.jsonl"), "w", encoding="utf-8", newline="\n") as file:
        for line in [header] + week.lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    with open(os.path.join(HERE, "week-expected.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write('{"answers":[\n')
        file.write(",\n".join(json.dumps(entry, ensure_ascii=False) for entry in week.expected))
        file.write('\n],"fetched":[\n')
        file.write(",\n".join(json.dumps(entry, ensure_ascii=False) for entry in week.fetched))
        file.write('\n],"returned":[\n')
        file.write(",\n".join(json.dumps(entry, ensure_ascii=False) for entry in week.returned))
        file.write("\n]}\n")
    print(f"{len(week.lines)} lines, {week.calls} calls, {len(week.expected)} verdicts", file=sys.stderr)


if __name__ == "__main__":
    main()
