"""The queue of a workspace: jobs that wait for their turn, in the job folders themselves.

A job folder with a `queue.json` (`entry`) stands in the queue until its supervisor takes the job's
lock. `queue` lists and changes what stands there, `turn` says what each one waits for, `again`
which ends are tried again, and `keeper` is the process that starts them: it lives for as long as
something waits, and nothing brings it back after a restart of the machine but the user.
Standard library and msgspec only.
"""
