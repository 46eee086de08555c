using System.Globalization;

namespace OrleansOrchestrator.Gateway.Negotiation;

/// <summary>A clause of an Accept header.</summary>
internal readonly struct AcceptClause
{
    /// <summary>The type and subtype; either may be <c>*</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The weight from 0 to 1; 0 for not acceptable.</summary>
    public double Quality { get; init; }

    /// <summary>The kind of the requested view.</summary>
    public required string View { get; init; }

    /// <summary>The group of the requested view.</summary>
    public required string Group { get; init; }

    /// <summary>The version of the requested view.</summary>
    public required string Version { get; init; }

    /// <summary>The protocol of a stream.</summary>
    public required string Stream { get; init; }

    /// <summary>The version of the options' group.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Whether to indent JSON.</summary>
    public bool IsPretty { get; init; }

    /// <summary>The number of <c>*</c> in the type.</summary>
    public int Wildcards => Type.Count(c => c == '*');

    /// <summary>Whether it asks for a view instead of the object.</summary>
    public bool AsksForView => View.Length + Group.Length + Version.Length > 0;

    /// <summary>Parses a clause. A malformed clause is not acceptable.</summary>
    public static AcceptClause Read(ReadOnlySpan<char> text)
    {
        string view = "", group = "", version = "", stream = "", serverVersion = "";
        var (isPretty, quality) = (false, 1.0);
        foreach (var range in text.Split(';'))
        {
            var parameter = text[range].Trim();
            var equals = parameter.IndexOf('=');
            if (equals < 0)
                continue;
            var value = parameter[(equals + 1)..].Trim().Trim('"').ToString();
            switch (parameter[..equals].Trim())
            {
                case "as":
                    view = value;
                    break;
                case "g":
                    group = value;
                    break;
                case "v":
                    version = value;
                    break;
                case "stream":
                    stream = value;
                    break;
                case "sv":
                    serverVersion = value;
                    break;
                case "pretty":
                    isPretty = value == "1";
                    break;
                case "q":
                    quality = double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 1) : 0;
                    break;
            }
        }

        return new AcceptClause
        {
            Type = MediaTypes.WithoutParameters(text).ToString(),
            View = view,
            Group = group,
            Version = version,
            Stream = stream,
            ServerVersion = serverVersion,
            IsPretty = isPretty,
            Quality = quality,
        };
    }

    /// <summary>Whether it accepts an encoding.</summary>
    public bool Takes(ResponseEncoding encoding) => Type is "*/*" or "application/*" || Type == encoding switch
    {
        ResponseEncoding.Yaml => MediaTypes.Yaml,
        ResponseEncoding.Protobuf => MediaTypes.Protobuf,
        _ => MediaTypes.Json,
    };
}
