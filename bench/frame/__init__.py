"""What the frame costs: one validated, authenticated, limited and traced request, without a database.

The same two requests go to three servers in one process, in turn, so that the machine's moods hit all alike:
Park Graph's chain, FastAPI as its users write it, and Connexion's FlaskApp as it comes.
"""
