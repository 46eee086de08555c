namespace OrleansOrchestrator.Model.Quantities;

/// <summary>The suffix formats of quantities. A quantity keeps the format with which it was written.</summary>
public enum QuantityFormat : byte
{
    /// <summary>Powers of ten: <c>n u m k M G T P E</c>.</summary>
    DecimalSI,

    /// <summary>Powers of 1024: <c>Ki Mi Gi Ti Pi Ei</c>.</summary>
    BinarySI,

    /// <summary>An exponent, such as <c>12e6</c>.</summary>
    DecimalExponent,
}
