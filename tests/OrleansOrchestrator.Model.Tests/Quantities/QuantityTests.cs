using k8s.Models;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Tests.Quantities;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("00", "0")]
    [InlineData("0Ki", "0")]
    [InlineData("-0", "0")]
    [InlineData("1", "1")]
    [InlineData("+1", "1")]
    [InlineData("-1", "-1")]
    [InlineData("007", "7")]
    [InlineData("1.", "1")]
    [InlineData(".5", "500m")]
    [InlineData("1.5", "1500m")]
    [InlineData("0.1", "100m")]
    [InlineData("100m", "100m")]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("1000", "1k")]
    [InlineData("1100", "1100")]
    [InlineData("10000", "10k")]
    [InlineData("1000000k", "1G")]
    [InlineData("1E", "1E")]
    [InlineData("1000E", "1000E")]
    [InlineData("1n", "1n")]
    [InlineData("0.1n", "1n")]
    [InlineData("-0.1n", "-1n")]
    [InlineData("1.0000000001", "1000000001n")]
    [InlineData("100u", "100u")]
    [InlineData("1Ki", "1Ki")]
    [InlineData("128Mi", "128Mi")]
    [InlineData("1024Ki", "1Mi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("0.5Ki", "512")]
    [InlineData("1.5Ki", "1536")]
    [InlineData("0.0001Ki", "102400u")]
    [InlineData("1025Ki", "1025Ki")]
    [InlineData("-2Ki", "-2Ki")]
    [InlineData("1Ei", "1Ei")]
    [InlineData("7Ei", "7Ei")]
    [InlineData("8Ei", "9223372036854775807")]
    [InlineData("99999Ei", "9223372036854775807")]
    [InlineData("-8Ei", "-9223372036854775807")]
    [InlineData("1e3", "1e3")]
    [InlineData("1E3", "1e3")]
    [InlineData("1e+3", "1e3")]
    [InlineData("12e6", "12e6")]
    [InlineData("100e4", "1e6")]
    [InlineData("1e-3", "1e-3")]
    [InlineData("1e2", "100")]
    [InlineData("1e-20", "1e-9")]
    [InlineData("1e-999999999", "1e-9")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "9223372036854775808")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("1000000000000000000000000", "1000000E")]
    [InlineData("0.000000000000000000000000000001", "1n")]
    public void Parse_WellFormed_PrintsCanonically(string text, string canonical) => Quantity.Parse(text).ToString().ShouldBe(canonical);

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("aoeu")]
    [InlineData("1.1.M")]
    [InlineData("1+1.0M")]
    [InlineData("0x1")]
    [InlineData("m")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1,5")]
    [InlineData("--1")]
    [InlineData("1µ")]
    [InlineData("１")]
    public void Parse_Misshapen_NamesTheExpression(string text) => Should.Throw<QuantityException>(() => Quantity.Parse(text)).Message
        .ShouldBe("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");

    [Theory]
    [InlineData("1i")]
    [InlineData("0.1mi")]
    [InlineData("1K")]
    [InlineData("1ki")]
    [InlineData("1e")]
    [InlineData("1ee3")]
    [InlineData("1m3")]
    [InlineData("1-3")]
    [InlineData("-3.01e-")]
    [InlineData("1e99999999999999999999")]
    public void Parse_UnknownSuffix_SaysSo(string text) =>
        Should.Throw<QuantityException>(() => Quantity.Parse(text)).Message.ShouldBe("unable to parse quantity's suffix");

    [Theory]
    [InlineData("1e2000")]
    [InlineData("1e999999999")]
    public void Parse_BeyondTheBound_IsRefused(string text) =>
        Should.Throw<QuantityException>(() => Quantity.Parse(text)).Message.ShouldBe("unable to parse numeric part of quantity");

    [Fact]
    public void TryParse_Utf8_ReadsTheSame()
    {
        Quantity.TryParse("128Mi"u8, out var quantity).ShouldBeTrue();
        quantity.Value.ShouldBe(128L << 20);
        quantity.Format.ShouldBe(QuantityFormat.BinarySI);
        Quantity.TryParse("128mi"u8, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("100m", 1, 100)]
    [InlineData("1", 1, 1000)]
    [InlineData("1001m", 2, 1001)]
    [InlineData("-1500m", -2, -1500)]
    [InlineData("1n", 1, 1)]
    [InlineData("2Ki", 2048, 2048000)]
    [InlineData("9223372036854775807", long.MaxValue, long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue, long.MinValue)]
    [InlineData("100E", long.MaxValue, long.MaxValue)]
    [InlineData("-100E", long.MinValue, long.MinValue)]
    [InlineData("1e900", long.MaxValue, long.MaxValue)]
    public void ValueAndMilliValue_Quantity_RoundAwayFromZeroAndSaturate(string text, long value, long milliValue)
    {
        Quantity.Parse(text).Value.ShouldBe(value);
        Quantity.Parse(text).MilliValue.ShouldBe(milliValue);
    }

    [Theory]
    [InlineData("1", "1Ki", "1025")]
    [InlineData("1Ki", "1Mi", "1025Ki")]
    [InlineData("0", "1Mi", "1Mi")]
    [InlineData("1500m", "500m", "2")]
    [InlineData("9223372036854775807", "1", "9223372036854775808")]
    [InlineData("1e900", "1n", null)]
    public void Add_TwoQuantities_IsExactInTheLeftFormat(string left, string right, string? sum)
    {
        var total = Quantity.Parse(left) + Quantity.Parse(right);

        if (sum is not null)
            total.ToString().ShouldBe(sum);
        (total - Quantity.Parse(right)).ShouldBe(Quantity.Parse(left));
    }

    [Fact]
    public void Equals_SameAmountWrittenDifferently_IsEqual()
    {
        Quantity.Parse("1Ki").ShouldBe(Quantity.Parse("1024"));
        Quantity.Parse("1Ki").GetHashCode().ShouldBe(Quantity.Parse("1024000m").GetHashCode());
        (Quantity.Parse("1") < Quantity.Parse("1001m")).ShouldBeTrue();
        Quantity.Max(Quantity.Parse("1"), Quantity.Parse("2")).ToString().ShouldBe("2");
        Quantity.Min(Quantity.Parse("1"), Quantity.Parse("2")).ToString().ShouldBe("1");
    }

    [Fact]
    public void From_ModelQuantity_RoundTrips()
    {
        Quantity.From(new ResourceQuantity("1536Mi")).ToString().ShouldBe("1536Mi");
        Quantity.From(null).IsZero.ShouldBeTrue();
        Quantity.FromMilliValue(1500).ToResourceQuantity().ToString().ShouldBe("1500m");
        Quantity.FromValue(2048, QuantityFormat.BinarySI).ToString().ShouldBe("2Ki");
    }

    [Theory]
    [InlineData("100m")]
    [InlineData("128Mi")]
    [InlineData("2.5")]
    public void TryParse_CommonQuantity_AllocatesNothing(string text)
    {
        Quantity.TryParse(text, out _).ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Quantity.TryParse(text, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
