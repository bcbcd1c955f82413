FROM node:26-slim AS deps
WORKDIR /app
COPY package.json pnpm-lock.yaml ./
RUN npm install -g corepack@0.36.0 && corepack enable && corepack prepare pnpm@12.21.0 --activate && pnpm install --frozen-lockfile --prod
FROM node:26-slim
WORKDIR /app
COPY --from=deps /app/node_modules node_modules
COPY package.json ./
COPY src/ src/
USER node
CMD ["node", "src/server.js"]
