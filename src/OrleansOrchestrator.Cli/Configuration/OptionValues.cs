using System.Collections;
using System.Globalization;

namespace OrleansOrchestrator.Cli.Configuration;

/// <summary>Describes and formats the values of options.</summary>
internal static class OptionValues
{
    /// <summary>Describes the values of a type for people: <c>a whole number</c>.</summary>
    public static string KindOf(Type type)
    {
        var known = Nullable.GetUnderlyingType(type) ?? type;
        if (known == typeof(int) || known == typeof(long))
            return "a whole number";
        if (known == typeof(double))
            return "a number";
        if (known == typeof(bool))
            return "true or false";
        if (known == typeof(TimeSpan))
            return "a time such as 00:00:30 (hours:minutes:seconds)";
        if (known.IsEnum)
            return $"one of {string.Join(", ", Enum.GetNames(known))}";
        if (known == typeof(Uri))
            return "a URI";
        if (known.IsGenericType && known.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
            return "values by name";
        if (known != typeof(string) && known.IsAssignableTo(typeof(IEnumerable)))
            return "a list";
        return "text";
    }

    /// <summary>A value as it is written in a file.</summary>
    public static string TextOf(object? value) => value switch
    {
        null or "" => "none",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        string text => text,
        IDictionary byName => string.Join(", ", byName.Keys.Cast<object>().Select(name => $"{name}: {TextOf(byName[name])}")) is { Length: > 0 } text ? text : "none",
        IEnumerable list => string.Join(", ", list.Cast<object>()) is { Length: > 0 } text ? text : "none",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
