export function enhanceRequests() {}
