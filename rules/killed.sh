# Sourced before each job: says why it ended if it was killed.
trap 'test $? -ne 137 || echo "soapbubble: a job was killed, most likely because memory ran out. Run with fewer cores or with smaller sizes in config.yaml." >&2' EXIT #
