"""How hypothesis runs here: without a clock, because a busy machine is no defect of the code under test."""

import hypothesis

hypothesis.settings.register_profile("busy-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy-machine")
