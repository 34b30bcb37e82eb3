using System.Globalization;
using System.Security.Authentication;

namespace StackExchange.Redis;

public sealed partial class ConfigurationOptions
{
    // Options of the genuine client that this one accepts: they tune what it does not have.
    private static readonly HashSet<string> s_unused = new(StringComparer.OrdinalIgnoreCase)
    {
        "channelPrefix", "configChannel", "configCheckSeconds", "highIntegrity", "highPriorityThreads", "preserveAsyncOrder",
        "proxy", "resolveDns", "responseTimeout", "serviceName", "setlib", "tiebreaker", "tunnel", "writeBuffer",
    };

    /// <summary>Reads <c>host:port,name=value,…</c></summary>
    public static ConfigurationOptions Parse(string configuration) => Parse(configuration, ignoreUnknown: false);

    /// <inheritdoc cref="Parse(string)"/>
    public static ConfigurationOptions Parse(string configuration, bool ignoreUnknown)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (string.IsNullOrWhiteSpace(configuration)) throw new ArgumentException("is empty", nameof(configuration));

        var options = new ConfigurationOptions();
        foreach (var part in configuration.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) options.Set(part[..equals].Trim(), part[(equals + 1)..].Trim(), ignoreUnknown);
            else if (EndPointCollection.TryParse(part) is { } endPoint) options.EndPoints.TryAdd(endPoint);
        }

        return options;
    }

    /// <summary>The connection string, with the password.</summary>
    public override string ToString() => ToString(includePassword: true);

    /// <summary>The connection string; without the password it can be logged.</summary>
    public string ToString(bool includePassword)
    {
        var parts = EndPoints.Select(EndPointCollection.ToString).ToList();
        Add("name", ClientName);
        Add("keepAlive", _keepAlive);
        Add("syncTimeout", _syncTimeout);
        Add("asyncTimeout", _asyncTimeout);
        Add("allowAdmin", _allowAdmin);
        Add("version", _defaultVersion);
        Add("connectTimeout", _connectTimeout);
        Add("user", _user);
        Add("password", includePassword || string.IsNullOrEmpty(_password) ? _password : "*****");
        Add("ssl", _ssl);
        Add("sslProtocols", SslProtocols?.ToString().Replace(',', '|'));
        Add("checkCertificateRevocation", _checkCertificateRevocation);
        Add("sslHost", _sslHost);
        Add("abortConnect", _abortOnConnectFail);
        Add("connectRetry", _connectRetry);
        Add("defaultDatabase", DefaultDatabase);
        Add("protocol", Protocol?.ToString().ToLowerInvariant());
        return string.Join(',', parts);

        void Add(string name, object? value)
        {
            if (value?.ToString() is { Length: > 0 } text) parts.Add($"{name}={text}");
        }
    }

    private void Set(string name, string value, bool ignoreUnknown)
    {
        switch (name.ToUpperInvariant())
        {
            case "ABORTCONNECT": AbortOnConnectFail = Boolean(name, value); break;
            case "ALLOWADMIN": AllowAdmin = Boolean(name, value); break;
            case "ASYNCTIMEOUT": AsyncTimeout = Integer(name, value, minimum: 1); break;
            case "CHECKCERTIFICATEREVOCATION": CheckCertificateRevocation = Boolean(name, value); break;
            case "CONNECTRETRY": ConnectRetry = Integer(name, value); break;
            case "CONNECTTIMEOUT": ConnectTimeout = Integer(name, value); break;
            case "DEFAULTDATABASE": DefaultDatabase = Integer(name, value); break;
            case "KEEPALIVE": KeepAlive = Integer(name, value); break;
            case "NAME": ClientName = value; break;
            case "PASSWORD": Password = value; break;
            case "PROTOCOL": Protocol = ParseProtocol(name, value); break;
            case "SSL": Ssl = Boolean(name, value); break;
            case "SSLHOST": SslHost = value; break;
            case "SSLPROTOCOLS": SslProtocols = Enum.Parse<SslProtocols>(value.Replace('|', ','), ignoreCase: true); break;
            case "SYNCTIMEOUT": SyncTimeout = Integer(name, value, minimum: 1); break;
            case "USER": User = value; break;
            case "VERSION":
                DefaultVersion = Version.TryParse(value, out var version) ? version : throw Invalid(name, value, "a version");
                break;
            default:
                if (!ignoreUnknown && !s_unused.Contains(name) && name[0] != '$')
                    throw new ArgumentException($"Keyword '{name}' is not supported.", name);
                break;
        }
    }

    private static bool Boolean(string name, string value) => value.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" or "1" => true,
        "FALSE" or "NO" or "OFF" or "0" => false,
        _ => throw Invalid(name, value, "a boolean"),
    };

    private static int Integer(string name, string value, int minimum = int.MinValue) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= minimum
            ? number
            : throw Invalid(name, value, minimum == int.MinValue ? "an integer" : $"an integer of {minimum} or more");

    private static RedisProtocol ParseProtocol(string name, string value) => value.ToUpperInvariant() switch
    {
        "RESP2" or "2" or "2.0" => RedisProtocol.Resp2,
        "RESP3" or "3" or "3.0" => RedisProtocol.Resp3,
        _ => throw Invalid(name, value, "resp2 or resp3"),
    };

    private static ArgumentOutOfRangeException Invalid(string name, string value, string wanted) =>
        new(name, $"Keyword '{name}' requires {wanted}; the value '{value}' is not recognised.");
}
