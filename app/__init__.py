"""How people and machines reach the system; the only package that knows HTTP."""

import gc

# Importing makes a million objects that stay, and walking through them for garbage takes a fifth of a start. A
# request makes many short-lived ones and hardly a cycle: here, too, looking less often is enough.
gc.set_threshold(50_000, 50, 100)
