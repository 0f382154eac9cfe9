"""What runs when: the whole timetable, a line each. `manage.py work` writes it into django-q2 at every start, so that
schedules edited by hand do not last. Tasks drain rows; a run that finds nothing due costs a query or two."""

from common.timetable import Job

TIMETABLE: tuple[Job, ...] = (
    Job("beat", "common.tasks.beat_of_timetable", "* * * * *"),
    Job("forget expired sessions and old failures", "common.tasks.prune", "20 3 * * *"),
    Job("make exports", "common.tasks.export", "* * * * *"),
    Job("mind the feeds", "crm.tasks.mind_feeds", "* * * * *"),
    Job("take in what landed", "crm.tasks.take_in_landing", "* * * * *"),
    Job("take up uploaded files that were left", "crm.tasks.remind_of_uploads", "* * * * *"),
    Job("forget uploaded files and landed rows", "crm.tasks.forget", "30 3 * * *"),
    Job("close holds whose day has come", "crm.tasks.expire_holds", "*/15 * * * *"),
    Job("look for customers who are known twice", "crm.tasks.find_duplicates", "10 1 * * *"),
    Job("decide whom to ask", "surveys.tasks.trigger", "* * * * *"),
    Job("find whose turn it is", "surveys.tasks.come_round", "20 0 * * *"),
    Job("mind the trigger", "surveys.tasks.mind_trigger", "*/5 * * * *"),
    Job("forget old counts of the trigger", "surveys.tasks.forget", "40 2 * * *"),
    Job("count how ready the systems that send are", "surveys.tasks.readiness", "40 3 * * *"),
    Job("take up rehearsals and replays that wait", "surveys.tasks.remind_of_long_work", "*/5 * * * *"),
    Job("hand off invitations", "surveys.tasks.dispatch", "* * * * *"),
    Job("read the words of answers", "surveys.tasks.read", "* * * * *"),
    Job("code what was said by edited rules", "surveys.tasks.code", "* * * * *"),
    Job("settle what dead workers left", "surveys.tasks.settle", "*/5 * * * *"),
    Job("make next months' partitions", "surveys.tasks.partitions", "40 2 * * *"),
    Job("take answers into the rollups", "analytics.tasks.fold", "* * * * *"),
    Job("count what loyalty goes with", "analytics.tasks.worth", "*/15 * * * *"),
    Job("give offers to new customers", "crm.tasks.offers", "50 2 * * *"),
    Job("hear new answers: signals, alerts, tickets", "closedloop.tasks.listen", "* * * * *"),
    Job("give customers of closed units a new home", "crm.tasks.follow", "*/5 * * * *"),
    Job("hand over tickets where the organization changed", "closedloop.tasks.follow", "*/5 * * * *"),
    Job("tell the people in charge of alerts", "distribution.tasks.alert", "* * * * *"),
    Job("send mails to staff", "distribution.tasks.send", "* * * * *"),
    Job("tell other systems: write deliveries", "distribution.tasks.tell_systems", "* * * * *"),
    Job("tell other systems: send them", "distribution.tasks.deliver", "* * * * *"),
    Job("forget old webhook deliveries", "distribution.tasks.forget_deliveries", "30 3 * * *"),
    Job("freeze the morning's digests", "distribution.tasks.freeze", "*/15 * * * *"),
)
