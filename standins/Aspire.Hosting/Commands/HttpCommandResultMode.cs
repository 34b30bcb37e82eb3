namespace Aspire.Hosting.ApplicationModel;

public enum HttpCommandResultMode
{
    None,
    Auto,
    Json,
    Text,
}
