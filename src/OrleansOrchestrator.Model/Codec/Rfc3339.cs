using System.Globalization;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Parses times like Go's time package with the layout of RFC 3339, with the same error texts.</summary>
/// <remarks>https://pkg.go.dev/time#Parse. Beyond the RFC, an hour may have one digit, and a comma may precede the fraction.</remarks>
internal ref struct Rfc3339
{
    private const string Layout = "2006-01-02T15:04:05Z07:00";
    private const int SecondDigitsKept = 7;

    private readonly string _text;
    private ReadOnlySpan<char> _rest;
    private string _fault = "";

    private Rfc3339(string text)
    {
        _text = text;
        _rest = text;
    }

    /// <summary>Parses a time.</summary>
    /// <param name="text">The text.</param>
    /// <param name="time">The time in UTC.</param>
    /// <param name="fault">The error text.</param>
    public static bool TryParse(string text, out DateTime time, out string fault)
    {
        var parser = new Rfc3339(text);
        var isRead = parser.TryRead(out time);
        fault = parser._fault;
        return isRead;
    }

    private bool TryRead(out DateTime time)
    {
        time = default;
        if (!(TryNumber(4, 4, "2006", out var year) && TryMark('-') && TryNumber(2, 2, "01", out var month) && TryRange(month, 1, 12, "month")
            && TryMark('-') && TryNumber(2, 2, "02", out var day) && TryMark('T')
            && TryNumber(1, 2, "15", out var hour) && TryRange(hour, 0, 23, "hour")
            && TryMark(':') && TryNumber(2, 2, "04", out var minute) && TryRange(minute, 0, 59, "minute")
            && TryMark(':') && TryNumber(2, 2, "05", out var second) && TryRange(second, 0, 59, "second")))
        {
            return false;
        }

        var fraction = TakeFraction();
        if (!TryOffset(out var offset))
            return false;
        if (!_rest.IsEmpty)
            return Fail($": extra text: {Quoted(_rest)}");

        // Go accepts the year 0, but .NET has none.
        if (!TryRange(year, 1, 9999, "year") || !TryRange(day, 1, DateTime.DaysInMonth(year, month), "day"))
            return false;
        var ticks = new DateTime(year, month, day, hour, minute, second).Ticks + fraction - offset;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
            return Fail(": year out of range");
        time = new DateTime(ticks, DateTimeKind.Utc);
        return true;
    }

    private bool TryNumber(int digitsMin, int digitsMax, string element, out int number)
    {
        var digits = 0;
        while (digits < digitsMax && digits < _rest.Length && char.IsAsciiDigit(_rest[digits]))
            digits++;
        number = 0;
        if (digits < digitsMin)
            return FailAt(element);
        number = int.Parse(_rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
        _rest = _rest[digits..];
        return true;
    }

    private bool TryMark(char mark)
    {
        if (_rest.IsEmpty || _rest[0] != mark)
            return FailAt(mark.ToString());
        _rest = _rest[1..];
        return true;
    }

    private bool TryRange(int number, int min, int max, string what) => (number >= min && number <= max) || Fail($": {what} out of range");

    /// <summary>The fraction of a second in ticks; finer digits are dropped.</summary>
    private long TakeFraction()
    {
        if (_rest is not ['.' or ',', >= '0' and <= '9', ..])
            return 0;
        _rest = _rest[1..];
        long ticks = 0;
        var digits = 0;
        for (; digits < _rest.Length && char.IsAsciiDigit(_rest[digits]); digits++)
        {
            if (digits < SecondDigitsKept)
                ticks = (ticks * 10) + (_rest[digits] - '0');
        }

        _rest = _rest[digits..];
        for (; digits < SecondDigitsKept; digits++)
            ticks *= 10;
        return ticks;
    }

    private bool TryOffset(out long ticks)
    {
        ticks = 0;
        if (_rest is ['Z', ..])
        {
            _rest = _rest[1..];
            return true;
        }

        if (_rest is not ['+' or '-', >= '0' and <= '9', >= '0' and <= '9', ':', >= '0' and <= '9', >= '0' and <= '9', ..])
            return FailAt("Z07:00");
        var hours = int.Parse(_rest[1..3], NumberStyles.None, CultureInfo.InvariantCulture);
        var minutes = int.Parse(_rest[4..6], NumberStyles.None, CultureInfo.InvariantCulture);
        if (!TryRange(hours, 0, 24, "time zone offset hour") || !TryRange(minutes, 0, 60, "time zone offset minute"))
            return false;
        ticks = ((hours * 60) + minutes) * TimeSpan.TicksPerMinute * (_rest[0] == '-' ? -1 : 1);
        _rest = _rest[6..];
        return true;
    }

    private bool FailAt(string element) => Fail($" as \"{Layout}\": cannot parse {Quoted(_rest)} as \"{element}\"");

    private bool Fail(string why)
    {
        _fault = $"parsing time {Quoted(_text)}{why}";
        return false;
    }

    private static string Quoted(ReadOnlySpan<char> text) => GoSyntax.Quote(text.ToString());
}
