"""symbackprop derives backpropagation symbolically."""
