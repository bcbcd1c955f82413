FROM node:24-slim AS deps
WORKDIR /app
COPY package.json ./
RUN npm pkg get name
FROM gcr.io/distroless/nodejs24-debian13
ENV NODE_ENV=production
WORKDIR /app
COPY --from=deps /app/package.json ./
COPY src/ src/
USER 65532:65532
EXPOSE 8080
CMD ["src/server.js"]
