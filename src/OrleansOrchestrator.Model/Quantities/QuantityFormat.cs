namespace OrleansOrchestrator.Model.Quantities;

/// <summary>Which suffixes a quantity is written with. A quantity keeps the kind it was read with.</summary>
public enum QuantityFormat : byte
{
    /// <summary>Powers of ten: <c>n u m k M G T P E</c>.</summary>
    DecimalSI,

    /// <summary>Powers of 1024: <c>Ki Mi Gi Ti Pi Ei</c>.</summary>
    BinarySI,

    /// <summary>An exponent, as in <c>12e6</c>.</summary>
    DecimalExponent,
}
