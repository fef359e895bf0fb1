"""The web application: settings in, Flask out. Blueprints stand in one table; every view names its permission."""

from datetime import timedelta
from importlib import import_module

from apiflask import APIFlask
from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from server.api import callers, description
from server.api import errors as api_errors
from server.config import Settings
from server.db import connect_engine
from server.flows.sign_in import Limits
from server.store.evidence_store import EvidenceStore
from server.tablet import contact, problems
from server.web import access, alert_words, clean_forms, compression, errors, evidence_uploads, frame, language, words

BLUEPRINTS: tuple[str, ...] = (
    "server.web.home",
    "server.web.search",
    "server.web.map",
    "server.web.violations",
    "server.web.leads",
    "server.web.accounts",
    "server.web.audit",
    "server.web.health",
    "server.web.zone_imports",  # with zones and zone_drafts
    "server.web.whitelist_way",  # with whitelist and whitelist_forms
    "server.web.whitelist_answer",
    "server.web.large_user_forms",  # with large_users
    "server.web.grades",
    "server.web.calendar",
    "server.web.trucks",
    "server.web.machines",
    "server.web.enterprises",
    "server.web.terminals",
    "server.web.organisations",
    "server.web.imports",
    "server.web.devices",
    "server.web.quarantine",
    "server.web.broker_accounts",
    "server.web.api_tokens",
    "server.web.capture_devices",
    "server.web.capture_desk",  # with captures and capture_uploads
    "server.web.rules",
    "server.web.system_keys",
    "server.web.evidence",
    "server.web.bundles",
    "server.web.subject_files",
    "server.web.instruments",
    "server.web.inspection_imports",  # with inspections and inspection_forms
    "server.web.case_openings",  # with cases
    "server.web.case_clocks",
    "server.web.referrals",
    "server.web.deadlines",
    "server.web.documents",
    "server.web.stations",
    "server.web.retests",  # with repairs
    "server.web.watch_list",
    "server.web.assignment_forms",  # with assignments
    "server.web.pleas",
    "server.web.site_forms",  # with sites
    "server.web.site_stays",
    "server.web.tablets",
    "server.web.gates",
    "server.web.gate_devices",
    "server.web.gate_policies",
    "server.web.gate_lifts",
    "server.web.legal_holds",
    "server.web.ledgers",
    "server.web.plant_vehicles",
    "server.web.plant_machines",
    "server.web.ledger_reviews",
    "server.web.ledger_refusals",
    "server.web.ledger_imports",
    "server.web.gate_codes",
    "server.web.driver_form",
    "server.web.clean_transport",
    "server.web.ledger_review",
    "server.web.verifications",
    "server.web.gate_answers",
    "server.web.alerts",
    "server.web.alert_reviews",
    "server.web.alert_measures",
    "server.tablet.shell",
    "server.tablet.session",
    "server.tablet.work",
    "server.web.tablet_numbers",
    "server.tablet.files",
    "server.tablet.checks",
    "server.tablet.numbers",
    "server.tablet.inspections",
    "server.tablet.register",
    "server.tablet.reference",
)
"""Modules with a `blueprint`; one line each."""

API_BLUEPRINTS: tuple[str, ...] = (
    "server.api.health",
    "server.api.account",
    "server.api.tokens",
    "server.api.trucks",
    "server.api.machines",
    "server.api.enterprises",
    "server.api.terminals",
    "server.api.telemetry",
    "server.api.positions",
    "server.api.violations",
    "server.api.inspections",
    "server.api.instruments",
    "server.api.evidence",
    "server.api.leads",
    "server.api.captures",
    "server.api.zones",
    "server.api.whitelist_way",  # with whitelist
    "server.api.whitelist_answer",
    "server.api.large_users",
    "server.api.frames",
    "server.api.quarantine",
    "server.api.rules",
    "server.api.divisions",
    "server.api.documents",
    "server.api.stations",
    "server.api.repairs",
    "server.api.cases",
    "server.api.referrals",
    "server.api.deadlines",
    "server.api.watch_list",
    "server.api.clean_transport",
    "server.api.pleas",
    "server.api.sites",
    "server.api.site_stays",
    "server.api.gates",
    "server.api.gate_devices",
    "server.api.gate_policies",
    "server.api.gate_lifts",
    "server.api.gate_checks",
    "server.api.gate_lists",
    "server.api.alerts",
    "server.api.alert_measures",
    "server.api.ledgers",
    "server.api.plant_vehicles",
    "server.api.plant_machines",
    "server.api.ledger_refusals",
    "server.api.ledger_batches",
)
"""The same for the JSON API; their writes check the CSRF token themselves, where the session cookie speaks."""

LARGEST_UPLOAD = 64 * 1024 * 1024


def create_app(settings: Settings) -> APIFlask:
    """Build the application; raises RuntimeError when a view names no permission."""
    app = description.describing_app(__name__)
    _configure(app, settings)
    app.extensions["engine"] = connect_engine(settings.database_url)
    app.extensions["settings"] = settings
    app.extensions["login_limits"] = Limits(
        settings.login_failures_account,
        settings.login_failures_address,
        timedelta(minutes=settings.login_lock_minutes),
    )
    app.extensions["evidence_store"] = EvidenceStore(settings.evidence_dir, settings.evidence_limits)
    compression.init(app)  # first: what is added to an answer last is done before it
    clean_forms.init(app)
    callers.init(app)
    contact.init(app)
    hours, tablet_hours = settings.session_hours, settings.tablet_session_hours
    access.init(app, access.SessionRule(settings.session_idle_minutes * 60, hours * 3600, tablet_hours * 3600))
    evidence_uploads.init(app)  # before the check of tokens, which reads the form
    csrf = CSRFProtect(app)  # after the guard: who is no longer signed in is asked to sign in, not told of tokens
    language.init(app)
    frame.init(app, settings.tile_url, settings.secure_cookies)
    words.init(app)
    alert_words.init(app)
    errors.init(app, {api_errors.PREFIX: api_errors.answer, problems.PREFIX: problems.answer})
    for module in BLUEPRINTS:
        app.register_blueprint(import_module(module).blueprint)
    for module in API_BLUEPRINTS:
        csrf.exempt(import_module(module).blueprint)
        app.register_blueprint(import_module(module).blueprint)
    access.check_table(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    if len(settings.secret_key) < 32:
        raise RuntimeError("SECRET_KEY is not set: the web server signs sessions with it (32 characters or more)")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure_cookies else "session",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=max(settings.session_hours, settings.tablet_session_hours)),
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
