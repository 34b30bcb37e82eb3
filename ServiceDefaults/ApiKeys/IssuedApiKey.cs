namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>A new key, with the text that is shown once.</summary>
public sealed record IssuedApiKey(ApiKey Key, string Text);
