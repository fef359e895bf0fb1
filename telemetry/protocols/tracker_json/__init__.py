"""JSON of simple GPS trackers, and the JSON that ThingsBoard devices and gateways publish."""
