"""What certificates say about opinions under bounded confidence."""

from certify.statements.parameter import DETAIL, INTEGER
from certify.statements.template import claim, next_step, reason, theorem

TEMPLATES = (
    theorem(
        "opinions.events",
        "While the pairs that listen are fixed the equation is linear, with a Laplacian; balls follow it from change "
        "to change. It ends in groups, each narrower than the thresholds of its agents and out of reach of the others: "
        "these stay complete, and each tends to its mean (ours, after V. Blondel, J. Hendrickx, J. Tsitsiklis, SIAM J. "
        "Control Optim. 48 (2010)).",
    ),
    claim(
        "opinions.limit",
        "limit_{agent}",
        "The limit of the opinion of agent {agent}, for every solution in the sense of Caratheodory.",
        "lim x_agent(t) = number, t to infinity",
        agent=INTEGER,
    ),
    claim(
        "opinions.clusters",
        "clusters",
        "How many different groups are left in the end.",
        "number of groups that agree in the end and do not hear each other",
        number="count",
    ),
    reason("opinions.open", "{detail}", detail=DETAIL),
    next_step(
        "opinions.move", "move the opinions or the thresholds slightly: exactly there solutions may not be unique"
    ),
)
