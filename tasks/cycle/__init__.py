"""The year's cycle (årshjul): from knowledge base to decision and follow-up.

The journal holds it. `acts` says what people may do, `state` reads the journal into where a cycle
stands, `acting` appends to it with what `evidence` looked up, `calendar` has the dates, `waiting`
who is awaited and what is late, `offer` the classes as proposed, decided and adjusted, `balance`
holds them against counts and the forecast, `telling` has the words, `reminders` the e-mails.
"""
